#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// A fixed number of workers for decode, preprocess and encode. Tasks run in the order in which they were submitted.
///
/// The destructor finishes what was submitted. A task must not wait for a later task of the same pool.
class LMMS_EVAL_API ThreadPool {
 public:
  /// 0 means one per core.
  explicit ThreadPool(std::size_t threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return workers_.size(); }

  /// Exceptions of `task` come out of the future.
  template <typename Task>
  auto submit(Task&& task) -> std::future<std::invoke_result_t<std::decay_t<Task>>> {
    using Result = std::invoke_result_t<std::decay_t<Task>>;
    auto packaged = std::make_shared<std::packaged_task<Result()>>(std::forward<Task>(task));
    auto future = packaged->get_future();
    post([packaged] { (*packaged)(); });
    return future;
  }

 private:
  void post(std::function<void()> job);
  void work();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool closing_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace lmms_eval
