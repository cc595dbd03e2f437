#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "lmms_eval/result_sink.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// Per-doc values of one metric under one filter, by position in the run; eight bytes a doc while they are numbers.
class ValueColumn {
 public:
  explicit ValueColumn(std::size_t docs) : docs_(docs) {}
  void set(std::size_t position, const nlohmann::ordered_json& value);
  /// The values that were set, in doc order.
  std::vector<nlohmann::ordered_json> values() const;

 private:
  std::size_t docs_;
  std::vector<double> numbers_;
  std::vector<bool> present_;
  std::map<std::size_t, nlohmann::ordered_json> others_;
};

/// sha256 over the hashes of docs in doc order, fed in any order; holds only those that came early.
class OrderedHash {
 public:
  /// An empty hash: this position has none, and is passed over.
  void add(std::size_t position, std::string hash);
  /// Docs that were never added are passed over.
  std::string finish();

 private:
  void feed(std::size_t position, const std::string& hash);

  Sha256 sha_;
  std::size_t next_ = 0;
  std::map<std::size_t, std::string> early_;
};

/// Sums for the `efficiency` and `usage` sections.
struct TokenTotals {
  std::int64_t docs = 0;
  std::int64_t docs_with_counts = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::int64_t calls = 0;       ///< requests that the model answered itself, not the cache
  std::int64_t paid_input = 0;  ///< of those calls
  std::int64_t paid_output = 0;
  std::int64_t paid_reasoning = 0;
  double correct = 0;
};

/// One task of a run: which docs, what became of them, their scores.
class TaskRun {
 public:
  /// Opens the data set. `limit`/`offset` as in EvaluateOptions; throws Error{usage} when they leave no doc.
  TaskRun(std::shared_ptr<Task> task, std::optional<double> limit, std::int64_t offset);
  /// These docs alone. Throws Error{usage} for an id that the split does not have.
  TaskRun(std::shared_ptr<Task> task, std::vector<std::int64_t> doc_ids);

  Task& task() const { return *task_; }
  /// The doc at a position of the run, which goes from 0 to counts.requested - 1. Ids ascend.
  std::int64_t doc_at(std::int64_t position) const;

  /// Takes the scores of an answered doc.
  void add_scores(std::int64_t doc_id, const std::vector<ScoredFilter>& scores);
  void add_hash(std::int64_t doc_id, std::string hash) { hash_.add(position_of(doc_id), std::move(hash)); }
  /// Counts the docs of a task with doc_to_visual that brought no picture.
  void note_media(std::int64_t doc_id, const std::vector<Request>& requests);
  void warn_of_missing_media() const;
  void add_problem(Status status, std::int64_t doc_id, const std::string& error);

  struct Column {
    std::string filter;
    std::string metric;
    ValueColumn values;
    std::vector<std::vector<double>> repeat_scores;  ///< by position; empty where each request has one repeat
  };
  const std::vector<Column>& columns() const { return columns_; }
  std::vector<std::string> problems() const;
  std::string finish_hash() { return hash_.finish(); }

  TaskCounts counts;
  TokenTotals tokens;

 private:
  struct Problem {
    std::int64_t docs = 0;
    std::int64_t first = 0;
    std::string reason;  ///< of the first doc
  };

  explicit TaskRun(std::shared_ptr<Task> task);
  std::size_t position_of(std::int64_t doc_id) const;
  Column& column(const std::string& filter, const std::string& metric);

  std::shared_ptr<Task> task_;
  std::int64_t first_ = 0;
  std::vector<std::int64_t> doc_ids_;  // ascending; empty: all from first_ on
  std::vector<Column> columns_;
  OrderedHash hash_;
  bool shows_media_ = false;
  Problem without_media_;
  std::map<std::pair<std::string, std::string>, Problem> problems_;  // (status, reason)
};

}  // namespace lmms_eval
