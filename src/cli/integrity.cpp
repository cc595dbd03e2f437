#include "cli/integrity.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "media/image.h"

namespace lmms_eval::cli {
namespace {

/// What is wrong with a medium; empty if nothing is.
std::string medium_problem(const MediaRef& media) {
  try {
    const auto bytes = media.bytes();
    if (bytes.empty()) return fmt::format("its {} is empty", to_string(media.kind()));
    if (media.kind() == MediaKind::image) media::decode_rgb({bytes.data(), bytes.size()}, media.reference());
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

class TaskCheck {
 public:
  TaskCheck(Task& task, ThreadPool& pool) : task_(task), pool_(pool) {}

  void run(IntegrityReport& report) {
    const std::int64_t docs = task_.num_docs();
    if (docs == 0) throw errors::data("integrity of task {}: its split has no docs", task_.name());
    for (std::int64_t id = 0; id < docs; ++id) check_doc(id);
    settle(0);
    for (const auto& [key, problem] : problems_)
      report.problems.push_back(fmt::format("integrity of task {}: {} of {} docs (first: doc {}): {}", task_.name(),
                                            problem.docs, docs, problem.first, problem.reason));
    const std::string verdict = problems_.empty() ? "all well-formed" : "with the problems named below";
    report.lines.push_back(fmt::format("integrity of task {}: {} docs, {} requests, {} media, {}", task_.name(), docs,
                                       requests_, media_, verdict));
    if (const auto leak = task_.fewshot_leak(); !leak.empty())
      report.warnings.push_back(fmt::format("integrity of task {}: {}", task_.name(), leak));
    if (without_media_.docs > 0)
      report.warnings.push_back(
          fmt::format("integrity of task {}: {} of {} docs have no picture (first: doc {}); they "
                      "are asked as text alone",
                      task_.name(), without_media_.docs, docs, without_media_.first));
  }

 private:
  struct Problem {
    std::int64_t docs = 0;
    std::int64_t first = 0;
    std::string reason;
  };
  struct Decoding {
    std::int64_t doc = 0;
    std::future<std::string> problem;
  };

  void add_problem(std::int64_t doc, const std::string& text) {
    const std::string reason = one_line(redact(text));
    auto& problem = problems_.try_emplace(without_numbers(reason), Problem{0, doc, reason}).first->second;
    ++problem.docs;
  }

  void check_doc(std::int64_t id) {
    try {
      const Doc doc = task_.doc(id);
      const auto requests = task_.build_requests(doc);
      requests_ += requests.size();
      if (requests.empty()) throw errors::data("no request could be built");
      check_target(doc, requests);
      decode(id, requests.front());
    } catch (const Error& error) {
      add_problem(id, error.what());
    }
  }

  void check_target(const Doc& doc, const std::vector<Request>& requests) const {
    const auto target = task_.target(doc);
    if (target.is_null()) throw errors::data("its target is null");
    const bool choices = task_.output_type() == "multiple_choice" &&
                         (requests.size() < 2 || requests[0].continuation != requests.back().continuation);
    if (!choices) return;
    const auto all = target.is_array() ? target : nlohmann::ordered_json::array({target});
    const auto asked = std::count_if(requests.begin(), requests.end(), [](const Request& request) {
      return request.repeat == 0 && !request.messages.empty();  // the others are asked without context
    });
    for (const auto& one : all) {
      const bool found = one.is_number() || one.is_boolean()
                             ? one.get<double>() >= 0 && one.get<double>() < static_cast<double>(asked)
                             : std::any_of(requests.begin(), requests.end(), [&](const Request& request) {
                                 return one.is_string() && request.continuation == one.get<std::string>();
                               });
      if (!found) throw errors::data("its target {} is none of its choices", one_line(one.dump(), 60));
    }
  }

  void decode(std::int64_t id, const Request& request) {
    bool any = false;
    for (const auto& message : request.messages) {
      for (const auto& part : message.parts) {
        if (!part.media) continue;
        any = true;
        ++media_;
        decodings_.push_back({id, pool_.submit([media = *part.media] { return medium_problem(media); })});
      }
    }
    if (!any && shows_media_) without_media_.first = without_media_.docs++ == 0 ? id : without_media_.first;
    settle(4 * pool_.size());
  }

  /// Waits until at most `open` pictures are being decoded.
  void settle(std::size_t open) {
    for (; decodings_.size() > open; decodings_.pop_front())
      if (const auto problem = decodings_.front().problem.get(); !problem.empty())
        add_problem(decodings_.front().doc, problem);
  }

  Task& task_;
  ThreadPool& pool_;
  const bool shows_media_ = !task_.dump_config().value("doc_to_visual", nlohmann::ordered_json()).is_null();
  std::size_t requests_ = 0;
  std::size_t media_ = 0;
  Problem without_media_;
  std::deque<Decoding> decodings_;
  std::map<std::string, Problem> problems_;
};

void check_node(const TaskNode& node, ThreadPool& pool, IntegrityReport& report) {
  for (const auto& member : node.members) check_node(member, pool, report);
  if (node.task) TaskCheck(*node.task, pool).run(report);
}

}  // namespace

IntegrityReport check_integrity(const SimpleEvaluateOptions& options) {
  const TaskManager manager(options.include_paths);
  ThreadPool pool;
  IntegrityReport report;
  for (const auto& node : manager.load(options.tasks, options.overrides)) check_node(node, pool, report);
  return report;
}

}  // namespace lmms_eval::cli
