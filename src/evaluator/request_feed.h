#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "evaluator/task_run.h"
#include "lmms_eval/model.h"

namespace lmms_eval {

class ResponseCache;

/// A doc on its way: its requests, and the responses that have come.
struct OpenDoc {
  TaskRun* run = nullptr;
  std::int64_t doc_id = 0;
  std::optional<Doc> doc;  ///< absent when its row could not be read
  std::vector<Request> requests;
  std::vector<Response> responses;
  std::vector<bool> from_cache;
  std::size_t missing = 0;           ///< responses still to come
  Status status = Status::answered;  ///< known before the model when the doc cannot be rendered
  std::string error;
};

/// Turns docs into requests for the model, one window at a time, and collects the responses.
///
/// A window of docs is read and rendered when the previous one has been handed out, unless two windows of docs are
/// unfinished; inside it docs are ordered by
/// request type, generation options and length (longest first). Cached answers never reach the model. `on_done` gets
/// every doc exactly once, as soon as its last response is there; it is called with the feed's lock held, one at a
/// time.
class RequestFeed final : public RequestStream {
 public:
  using DocCallback = std::function<void(OpenDoc&)>;

  /// `on_open` (may be empty) sees each doc once its requests are built, before any of them is handed out.
  RequestFeed(std::vector<TaskRun*> runs, const LM& model, ResponseCache* cache, std::size_t window,
              DocCallback on_open, DocCallback on_done);

  std::optional<StreamedRequest> next() override;
  std::vector<StreamedRequest> next_batch(std::size_t count) override;
  bool exhausted() const override;
  void complete(std::uint64_t ticket, Response response) override;
  bool stopping() const override;

  /// Requests handed out and not completed.
  std::size_t in_flight() const;
  /// The token budget is spent, or the like: hand out no more.
  void stop();
  /// What the cache said when it could not be written, which stopped the run; empty otherwise.
  std::string cache_failure() const;

 private:
  struct Pending {
    OpenDoc* doc = nullptr;
    std::size_t index = 0;
    std::string batch_key;
  };
  struct Flight {
    OpenDoc* doc = nullptr;
    std::size_t index = 0;
  };

  void fill();
  std::unique_ptr<OpenDoc> open_doc(TaskRun& run, std::int64_t doc_id);
  void look_up(OpenDoc& doc);
  void finish_doc(OpenDoc* doc);
  void keep(const Request& request, const Response& response);
  std::optional<StreamedRequest> pop();

  std::vector<TaskRun*> runs_;
  const LM& model_;
  ResponseCache* cache_;
  std::size_t window_;
  DocCallback on_open_;
  DocCallback on_done_;

  mutable std::mutex mutex_;
  std::size_t run_ = 0;  // cursor over runs_ and the docs of the current one
  std::int64_t next_position_ = 0;
  std::atomic<bool> stopped_ = false;
  std::string cache_failure_;
  std::uint64_t next_ticket_ = 1;
  std::deque<Pending> ready_;
  std::unordered_map<std::uint64_t, Flight> flights_;
  std::unordered_map<OpenDoc*, std::unique_ptr<OpenDoc>> open_;
};

}  // namespace lmms_eval
