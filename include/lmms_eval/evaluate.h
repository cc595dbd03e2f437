#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmms_eval/export.h"
#include "lmms_eval/model.h"
#include "lmms_eval/result_sink.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// How to run tasks that are already built on a model that is already built.
struct EvaluateOptions {
  std::optional<double>
      limit;                ///< < 1: share of each task's docs (rounded up); >= 1: that many docs; absent or -1: all
  std::int64_t offset = 0;  ///< first doc
  /// Task -> the ids of its docs to run; a task that is not named runs as limit and offset say.
  std::map<std::string, std::vector<std::int64_t>> samples;
  /// lmms-eval 0.7's way of a share: of the first evaluated task's docs, for all tasks.
  bool as_lmms_eval_07 = false;
  std::string use_cache;  ///< prefix of the response cache, empty: none
  int rank = 0;           ///< names the cache file: <prefix>rank<i>.db
  bool cache_sampled = false;
  bool write_out = false;  ///< print prompt and target of the first doc of each task
  int bootstrap_iters = 100000;
  bool show_progress = true;
  std::optional<std::int64_t>
      max_tokens;  ///< token budget: once spent nothing new is asked, the rest counts as not run
};

/// Runs every doc of every task once through the model and scores it. Sinks get samples as they are scored.
///
/// Memory is bounded by the model's window, not by the number of docs. Throws Error; sinks are told by `abort` before.
/// Ctrl-C (see request_stop) ends it early with what is done, `complete` false.
LMMS_EVAL_API Results evaluate(LM& model, std::vector<TaskNode> tasks, const EvaluateOptions& options,
                               std::span<ResultSink* const> sinks = {});

/// Asks the running evaluation to stop: nothing new is asked, what is in flight is finished. Safe in a signal handler.
LMMS_EVAL_API void request_stop() noexcept;
LMMS_EVAL_API bool stop_requested() noexcept;

/// Everything a command line can say about one evaluation.
struct SimpleEvaluateOptions {
  std::string model;
  ModelOptions model_options;
  std::vector<std::string> tasks;  ///< names, wildcards, YAML paths, folders
  std::vector<std::filesystem::path> include_paths;
  TaskOverrides overrides;
  EvaluateOptions evaluate;
};

/// Builds tasks and model by name (tasks first, since they cost nothing) and evaluates. Writes no files but the cache.
LMMS_EVAL_API Results simple_evaluate(const SimpleEvaluateOptions& options, std::span<ResultSink* const> sinks = {});

}  // namespace lmms_eval
