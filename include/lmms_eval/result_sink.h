#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lmms_eval/export.h"
#include "lmms_eval/model.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// How the docs of one task ended. answered + failed + unscorable + not_run == requested.
struct TaskCounts {
  std::int64_t original = 0;   ///< docs in the split
  std::int64_t requested = 0;  ///< after --offset and --limit
  std::int64_t answered = 0;   ///< scored
  std::int64_t failed = 0;
  std::int64_t unscorable = 0;
  std::int64_t not_run = 0;  ///< the run was stopped before
  std::int64_t empty = 0;    ///< answered docs with an empty answer
  std::int64_t cut = 0;      ///< answered docs with an answer ended by max_new_tokens
  std::int64_t cached = 0;   ///< answered docs that cost no model call
};

/// What a run found.
struct LMMS_EVAL_API Results {
  Results();
  Results(Results&&) noexcept;
  Results& operator=(Results&&) noexcept;
  ~Results();

  /// The results object as written to <date>_results.json: results, groups, group_subtasks, configs, versions, n-shot,
  /// higher_is_better, n-samples, then what describes the run.
  std::unique_ptr<nlohmann::ordered_json> document;
  ModelInfo model;                                         ///< as it was after the run
  std::vector<TaskNode> tasks;                             ///< the evaluated tree, for tables
  std::vector<std::pair<std::string, TaskCounts>> counts;  ///< by task name, in run order
  /// Every metric was computed over every requested doc. False: exit code 1.
  bool complete = true;
  /// One line per distinct reason of failed and unscorable docs: "digits: 3 docs failed: HTTP 500 ... (first: doc 17)".
  std::vector<std::string> problems;
};

/// One line of a samples file.
struct LMMS_EVAL_API Sample {
  const Task* task = nullptr;
  std::int64_t doc_id = 0;
  int filter_index = 0;  ///< position of its pipeline: lines are ordered by (filter_index, doc_id)
  std::string json;      ///< the line, without newline
};

/// Takes what a run produces: samples files, results files, trackers. Called by one thread at a time.
class LMMS_EVAL_API ResultSink {
 public:
  virtual ~ResultSink();
  virtual bool wants_samples() const { return false; }
  /// Called as docs are scored, in any order.
  virtual void sample(const Sample&) {}
  /// The run is over; results are final.
  virtual void finish(const Results&) {}
  /// The run ended with an error: keep what is there.
  virtual void abort() {}
};

}  // namespace lmms_eval
