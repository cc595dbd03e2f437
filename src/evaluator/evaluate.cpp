#include "lmms_eval/evaluate.h"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/log.h"
#include "base/progress.h"
#include "cache/response_cache.h"
#include "evaluator/request_feed.h"
#include "evaluator/results_document.h"
#include "evaluator/sample_line.h"
#include "evaluator/task_run.h"

namespace lmms_eval {
namespace {

// Docs read ahead when the model does not say how many requests it likes to hold.
constexpr std::size_t kMinWindow = 64;

std::atomic<bool> stop_flag = false;
static_assert(std::atomic<bool>::is_always_lock_free, "request_stop is called by signal handlers");

void collect_tasks(const std::vector<TaskNode>& nodes, std::vector<std::shared_ptr<Task>>& tasks) {
  for (const auto& node : nodes) {
    if (node.task && std::find(tasks.begin(), tasks.end(), node.task) == tasks.end()) tasks.push_back(node.task);
    collect_tasks(node.members, tasks);
  }
}

/// Scores docs as they are finished, counts them, tells the sinks.
class Collector {
 public:
  Collector(const LM& model, const EvaluateOptions& options, std::span<ResultSink* const> sinks, std::uint64_t docs)
      : model_(model), options_(options), sinks_(sinks), progress_("docs", docs) {
    for (auto* sink : sinks_) wants_samples_ |= sink->wants_samples();
  }

  void take(OpenDoc& doc) {
    settle_status(doc);
    std::vector<ScoredFilter> scores;
    if (doc.status == Status::answered) {
      try {
        scores = doc.run->task().score(*doc.doc, doc.responses);
      } catch (const Error& error) {
        doc.status = Status::unscorable;
        doc.error = error.what();
      }
    }
    count(doc, scores);
    if (wants_samples_ && doc.doc) write_samples(doc, scores);
    ++done_;
    std::string note;
    if (problems_ > 0) note = fmt::format("{} not scored", problems_);
    if (options_.show_progress) progress_.update(done_, note);
  }

  bool budget_spent() const { return options_.max_tokens && spent_tokens_ >= *options_.max_tokens; }
  bool wants_samples() const { return wants_samples_; }
  void finish() { progress_.finish(); }

 private:
  static void settle_status(OpenDoc& doc) {
    for (const auto& response : doc.responses) {
      if (response.status == Status::answered || doc.status == Status::failed) continue;
      if (response.status == Status::unscorable && doc.status != Status::answered) continue;
      doc.status = response.status;
      doc.error = response.error;
    }
  }

  void count(OpenDoc& doc, const std::vector<ScoredFilter>& scores) {
    TaskRun& run = *doc.run;
    count_tokens(doc);
    if (doc.status != Status::answered) {
      ++(doc.status == Status::failed ? run.counts.failed : run.counts.unscorable);
      ++problems_;
      run.add_problem(doc.status, doc.doc_id, doc.error);
      return;
    }
    run.add_scores(doc.doc_id, scores);
    ++run.counts.answered;
    bool empty = false, cut = false, cached = true;
    for (std::size_t i = 0; i < doc.responses.size(); ++i) {
      cached &= doc.from_cache[i];
      if (doc.requests[i].type != RequestType::generate_until) continue;
      empty |= doc.responses[i].text.empty();
      cut |= doc.responses[i].finish_reason == FinishReason::length;
    }
    run.counts.empty += empty;
    run.counts.cut += cut;
    run.counts.cached += cached;
    count_correct(run, scores);
  }

  void count_tokens(const OpenDoc& doc) {
    auto& tokens = doc.run->tokens;
    ++tokens.docs;
    bool counted = false;
    for (std::size_t i = 0; i < doc.responses.size(); ++i) {
      const auto& response = doc.responses[i];
      const auto input = response.tokens.input.value_or(0), output = response.tokens.output.value_or(0);
      counted |= response.tokens.input || response.tokens.output;
      tokens.input += input;
      tokens.output += output;
      tokens.reasoning += response.tokens.reasoning.value_or(0);
      if (doc.from_cache[i] || response.status != Status::answered) continue;
      ++tokens.calls;
      tokens.paid_input += input;
      tokens.paid_output += output;
      tokens.paid_reasoning += response.tokens.reasoning.value_or(0);
      spent_tokens_ += input + output;
    }
    tokens.docs_with_counts += counted;
  }

  /// The doc's score as lmms-eval's efficiency section takes it: the first of these names that is there.
  static void count_correct(TaskRun& run, const std::vector<ScoredFilter>& scores) {
    if (scores.empty()) return;
    for (const char* name : {"score", "acc", "accuracy", "exact_match"}) {
      for (const auto& [metric, value] : scores.front().values) {
        if (metric != name || !value.is_number()) continue;
        run.tokens.correct += std::max(0.0, value.get<double>());
        return;
      }
    }
  }

  void write_samples(OpenDoc& doc, const std::vector<ScoredFilter>& scores) {
    const Task& task = doc.run->task();
    FinishedDoc finished{task, *doc.doc, doc.requests, doc.responses, doc.status, doc.error, doc.doc->hash()};
    const std::string input = doc.requests.empty() ? std::string() : model_.prompt_text(doc.requests.front());
    const auto emit = [&](int filter_index, const ScoredFilter* scored) {
      const Sample sample{&task, doc.doc_id, filter_index, sample_line(finished, scored, input)};
      for (auto* sink : sinks_)
        if (sink->wants_samples()) sink->sample(sample);
    };
    if (scores.empty()) emit(0, nullptr);
    for (std::size_t i = 0; i < scores.size(); ++i) emit(static_cast<int>(i), &scores[i]);
    doc.run->add_hash(doc.doc_id, std::move(finished.doc_hash));
  }

  const LM& model_;
  const EvaluateOptions& options_;
  std::span<ResultSink* const> sinks_;
  bool wants_samples_ = false;
  Progress progress_;
  std::uint64_t done_ = 0;
  std::uint64_t problems_ = 0;
  std::int64_t spent_tokens_ = 0;
};

/// --write_out: the prompt and the target of the first doc of each task.
void print_first_doc(const LM& model, const OpenDoc& open) {
  if (open.doc_id != open.run->first() || open.requests.empty()) return;
  const Task& task = open.run->task();
  fmt::print(
      "Task: {}; document {}; context prompt (starting on next line):\n{}\n(end of prompt on previous line)\n"
      "target string or answer choice index (starting on next line):\n{}\n(end of target on previous line)\n",
      task.name(), open.doc_id, model.prompt_text(open.requests.front()), python_text(task.target(*open.doc)));
}

void run_model(LM& model, RequestFeed& feed) {
  model.run(feed);
  if (feed.stopping()) return;
  if (feed.in_flight() > 0 || !feed.exhausted())
    throw errors::internal("model {} ended its run with {} requests unanswered", model.info().name, feed.in_flight());
}

Results collect_results(LM& model, std::vector<TaskNode> tasks, const EvaluateOptions& options,
                        const std::vector<std::unique_ptr<TaskRun>>& runs, bool with_hashes) {
  Results results;
  for (const auto& run : runs) {
    auto& counts = run->counts;
    counts.not_run = counts.requested - counts.answered - counts.failed - counts.unscorable;
    if (counts.answered != counts.requested) results.complete = false;
    results.counts.emplace_back(run->task().name(), counts);
    for (auto& line : run->problems()) results.problems.push_back(std::move(line));
  }
  *results.document = results_document(tasks, runs, options.bootstrap_iters, with_hashes);
  const ModelInfo info = model.info();
  if (!info.metrics.empty()) (*results.document)["throughput"] = info.metrics;
  (*results.document)["usage"] =
      info.device == "api" ? usage_section(runs, options.max_tokens) : nlohmann::ordered_json::object();
  if (with_hashes) (*results.document)["efficiency"] = efficiency_section(runs);
  results.tasks = std::move(tasks);
  results.model = info;
  return results;
}

}  // namespace

Results::Results() : document(std::make_unique<nlohmann::ordered_json>(nlohmann::ordered_json::object())) {}
Results::Results(Results&&) noexcept = default;
Results& Results::operator=(Results&&) noexcept = default;
Results::~Results() = default;
ResultSink::~ResultSink() = default;

void request_stop() noexcept { stop_flag = true; }
bool stop_requested() noexcept { return stop_flag; }

Results evaluate(LM& model, std::vector<TaskNode> tasks, const EvaluateOptions& options,
                 std::span<ResultSink* const> sinks) {
  try {
    std::vector<std::shared_ptr<Task>> leaves;
    collect_tasks(tasks, leaves);
    if (leaves.empty()) throw errors::usage("--tasks: nothing to run; choose at least one task");
    std::vector<std::unique_ptr<TaskRun>> runs;
    std::vector<TaskRun*> pointers;
    std::uint64_t docs = 0;
    for (auto& task : leaves) {
      runs.push_back(std::make_unique<TaskRun>(task, options.limit, options.offset));
      pointers.push_back(runs.back().get());
      docs += static_cast<std::uint64_t>(runs.back()->counts.requested);
    }
    const ModelInfo info = model.info();
    std::optional<ResponseCache> cache;
    if (!options.use_cache.empty()) cache.emplace(options.use_cache, options.rank, info, options.cache_sampled);

    Collector collector(model, options, sinks, docs);
    RequestFeed* feed_pointer = nullptr;
    const auto on_open = [&](OpenDoc& doc) {
      if (options.write_out) print_first_doc(model, doc);
    };
    const auto on_done = [&](OpenDoc& doc) {
      collector.take(doc);
      if (collector.budget_spent()) feed_pointer->stop();
    };
    RequestFeed feed(pointers, model, cache ? &*cache : nullptr, std::max(kMinWindow, 4 * info.preferred_in_flight),
                     on_open, on_done);
    feed_pointer = &feed;
    run_model(model, feed);
    collector.finish();
    Results results = collect_results(model, std::move(tasks), options, runs, collector.wants_samples());
    for (auto* sink : sinks) sink->finish(results);
    return results;
  } catch (...) {
    for (auto* sink : sinks) sink->abort();
    throw;
  }
}

}  // namespace lmms_eval
