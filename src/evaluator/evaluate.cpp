#include "lmms_eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "cache/response_cache.h"
#include "evaluator/request_feed.h"
#include "evaluator/results_document.h"
#include "evaluator/sample_line.h"
#include "evaluator/task_run.h"
#include "template/operators.h"

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

/// Sinks that still work. One that fails is told nothing more, and what it said becomes a problem of the run: neither
/// the other sinks nor the scores are lost with it.
class Sinks {
 public:
  explicit Sinks(std::span<ResultSink* const> sinks) : sinks_(sinks.begin(), sinks.end()) {
    for (auto* sink : sinks_) wants_samples_ |= sink->wants_samples();
  }

  bool wants_samples() const { return wants_samples_; }
  const std::vector<std::string>& problems() const { return problems_; }

  void sample(const Sample& sample) {
    each([&](ResultSink& sink) {
      if (sink.wants_samples()) sink.sample(sample);
    });
  }
  void finish(const Results& results) {
    each([&](ResultSink& sink) { sink.finish(results); });
  }
  void abort() {
    for (auto* sink : sinks_) sink->abort();
  }

 private:
  template <typename Call>
  void each(Call&& call) {
    std::erase_if(sinks_, [&](ResultSink* sink) {
      try {
        call(*sink);
        return false;
      } catch (const Error& error) {
        problems_.push_back(redact(error.what()));
        spdlog::error("{}; the run goes on without it", problems_.back());
        sink->abort();
        return true;
      }
    });
  }

  std::vector<ResultSink*> sinks_;
  std::vector<std::string> problems_;
  bool wants_samples_ = false;
};

/// What a request looks like to the model. One that the model cannot render has failed with that reason already.
std::string shown_prompt(const LM& model, const Request& request) {
  try {
    return model.prompt_text(request);
  } catch (const Error& error) {
    return fmt::format("[no prompt: {}]", redact(error.what()));
  }
}

/// Scores docs as they are finished, counts them, tells the sinks.
class Collector {
 public:
  Collector(const LM& model, const EvaluateOptions& options, Sinks& sinks, std::uint64_t docs)
      : model_(model), options_(options), sinks_(sinks), progress_("docs", docs) {}

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
    if (sinks_.wants_samples()) write_samples(doc, scores);
    ++done_;
    std::string note;
    if (problems_ > 0) note = fmt::format("{} not scored", problems_);
    if (options_.show_progress) progress_.update(done_, note);
  }

  bool budget_spent() const { return options_.max_tokens && spent_tokens_ >= *options_.max_tokens; }
  std::int64_t spent_tokens() const { return spent_tokens_; }
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
    run.note_media(doc.doc_id, doc.requests);
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
      // A call that gave no answer may be billed all the same.
      if (doc.from_cache[i] || (response.status != Status::answered && !response.tokens.output)) continue;
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
    // A row that cannot be read has a line too, which says so.
    std::optional<Doc> unread;
    if (!doc.doc) unread.emplace(doc.doc_id, nullptr);
    FinishedDoc finished{task, doc.doc ? *doc.doc : *unread, doc.requests, doc.responses, doc.status, doc.error, {}};
    if (doc.doc) finished.doc_hash = doc.doc->hash();
    const std::string input = doc.requests.empty() ? std::string() : shown_prompt(model_, doc.requests.front());
    const auto emit = [&](int filter_index, const ScoredFilter* scored) {
      sinks_.sample({&task, doc.doc_id, filter_index, sample_line(finished, scored, input)});
    };
    if (scores.empty()) emit(0, nullptr);
    for (std::size_t i = 0; i < scores.size(); ++i) emit(static_cast<int>(i), &scores[i]);
    doc.run->add_hash(doc.doc_id, std::move(finished.doc_hash));
  }

  const LM& model_;
  const EvaluateOptions& options_;
  Sinks& sinks_;
  Progress progress_;
  std::uint64_t done_ = 0;
  std::uint64_t problems_ = 0;
  std::int64_t spent_tokens_ = 0;
};

/// --write_out: the prompt and the target of the first doc of each task.
void print_first_doc(const LM& model, const OpenDoc& open) {
  if (open.doc_id != open.run->doc_at(0) || open.requests.empty()) return;
  const Task& task = open.run->task();
  std::string target;
  try {
    target = tmpl::str(task.target(*open.doc));
  } catch (const Error& error) {
    target = fmt::format("[no target: {}]", error.what());
  }
  fmt::print(
      "Task: {}; document {}; context prompt (starting on next line):\n{}\n(end of prompt on previous line)\n"
      "target string or answer choice index (starting on next line):\n{}\n(end of target on previous line)\n",
      task.name(), open.doc_id, shown_prompt(model, open.requests.front()), target);
}

void run_model(LM& model, RequestFeed& feed) {
  model.run(feed);
  if (feed.stopping()) return;
  if (feed.in_flight() > 0 || !feed.exhausted())
    throw errors::internal("model {} ended its run with {} requests unanswered", model.info().name, feed.in_flight());
}

/// Why docs were not run, where the run itself decided so.
std::vector<std::string> stop_reasons(const EvaluateOptions& options, const Collector& collector,
                                      const RequestFeed& feed, const Results& results) {
  std::vector<std::string> lines;
  const bool docs_left = std::any_of(results.counts.begin(), results.counts.end(),
                                     [](const auto& counts) { return counts.second.not_run > 0; });
  if (collector.budget_spent() && docs_left)
    lines.push_back(fmt::format("stopped at --max_tokens {}: {} were used, those of requests in flight among them",
                                *options.max_tokens, collector.spent_tokens()));
  if (const auto failure = feed.cache_failure(); !failure.empty())
    lines.push_back(fmt::format("stopped since the cache cannot be written: {}", failure));
  return lines;
}

/// Metrics that no scored doc gave a value for.
std::vector<std::string> metrics_without_value(const TaskRun& run) {
  std::vector<std::string> lines;
  if (run.counts.answered == 0) return lines;
  for (const auto& info : run.task().metrics()) {
    const bool has_value = std::any_of(run.columns().begin(), run.columns().end(),
                                       [&](const auto& column) { return column.metric == info.name; });
    if (!has_value)
      lines.push_back(fmt::format("{}: metric {} has no value: no doc gave one", run.task().name(), info.name));
  }
  return lines;
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
    run->warn_of_missing_media();
    for (auto& line : metrics_without_value(*run)) {
      results.complete = false;
      results.problems.push_back(std::move(line));
    }
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

/// lmms-eval 0.7 makes a share a number of docs with the task that it evaluates first, and keeps that number for the
/// others. Its order is that of the names from the last to the first, and that of the YAML within a group.
std::optional<double> shared_limit(const std::optional<double>& limit, const std::vector<TaskNode>& tasks) {
  if (!limit || *limit <= 0 || *limit >= 1) return limit;
  const TaskNode* first = &*std::max_element(tasks.begin(), tasks.end(),
                                             [](const TaskNode& a, const TaskNode& b) { return a.name < b.name; });
  while (!first->task) first = &first->members.front();
  return std::ceil(static_cast<double>(first->task->num_docs()) * *limit);
}

/// Every name of --samples is that of a task of the run.
void check_sampled_tasks(const EvaluateOptions& options, const std::vector<std::shared_ptr<Task>>& tasks) {
  std::vector<std::string> names;
  for (const auto& task : tasks) names.push_back(task->name());
  for (const auto& [name, ids] : options.samples) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw errors::usage("--samples: task '{}' is not one of this run{} (its tasks: {})", name,
                          did_you_mean(name, names), join(names, ", "));
    if (ids.empty()) throw errors::usage("--samples: no doc of task {} is named; leave it out to run it whole", name);
  }
}

}  // namespace

Results::Results() : document(std::make_unique<nlohmann::ordered_json>(nlohmann::ordered_json::object())) {}
Results::Results(Results&&) noexcept = default;
Results& Results::operator=(Results&&) noexcept = default;
Results::~Results() = default;
ResultSink::~ResultSink() = default;

void request_stop() noexcept { stop_flag = true; }
bool stop_requested() noexcept { return stop_flag; }

namespace {

/// A stop is asked of one evaluation; the next begins without it.
struct ClearStopAtEnd {
  ~ClearStopAtEnd() { stop_flag = false; }
};

}  // namespace

Results evaluate(LM& model, std::vector<TaskNode> tasks, const EvaluateOptions& options,
                 std::span<ResultSink* const> given_sinks) {
  const ClearStopAtEnd clear_stop;
  Sinks sinks(given_sinks);
  try {
    std::vector<std::shared_ptr<Task>> leaves;
    collect_tasks(tasks, leaves);
    if (leaves.empty()) throw errors::usage("--tasks: nothing to run; choose at least one task");
    std::vector<std::unique_ptr<TaskRun>> runs;
    std::vector<TaskRun*> pointers;
    std::uint64_t docs = 0;
    check_sampled_tasks(options, leaves);
    const auto limit = options.as_lmms_eval_07 ? shared_limit(options.limit, tasks) : options.limit;
    for (auto& task : leaves) {
      const auto chosen = options.samples.find(task->name());
      runs.push_back(chosen == options.samples.end() ? std::make_unique<TaskRun>(task, limit, options.offset)
                                                     : std::make_unique<TaskRun>(task, chosen->second));
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
    Results results = collect_results(model, std::move(tasks), options, runs, sinks.wants_samples());
    sinks.finish(results);
    results.problems.insert(results.problems.end(), sinks.problems().begin(), sinks.problems().end());
    if (!sinks.problems().empty()) results.complete = false;
    for (auto& line : stop_reasons(options, collector, feed, results)) results.problems.push_back(std::move(line));
    return results;
  } catch (...) {
    sinks.abort();
    throw;
  }
}

}  // namespace lmms_eval
