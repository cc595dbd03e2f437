#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lmms_eval/export.h"
#include "lmms_eval/request.h"

namespace lmms_eval {

/// One row of a data set: its plain columns as JSON in column order (the media-free view), its media columns as lazy
/// references. Cheap to copy.
class LMMS_EVAL_API Doc {
 public:
  Doc(std::int64_t id, nlohmann::ordered_json fields, std::map<std::string, std::vector<MediaRef>> media = {});

  std::int64_t id() const { return id_; }  ///< row in its split
  const nlohmann::ordered_json& fields() const { return *fields_; }
  /// The media of a column; empty for null. Throws Error{data} if the column is not a media column.
  std::span<const MediaRef> media(const std::string& column) const;
  bool has_media(const std::string& column) const { return media_.count(column) != 0; }
  const std::map<std::string, std::vector<MediaRef>>& all_media() const { return media_; }
  /// sha256 hex of Python's json.dumps(fields, indent=2, ensure_ascii=False).
  std::string hash() const;

 private:
  std::int64_t id_;
  std::shared_ptr<const nlohmann::ordered_json> fields_;
  std::map<std::string, std::vector<MediaRef>> media_;
};

/// What one filter pipeline made of a doc's responses.
struct LMMS_EVAL_API ScoredFilter {
  ScoredFilter();
  ScoredFilter(const ScoredFilter&);
  ScoredFilter(ScoredFilter&&) noexcept;
  ScoredFilter& operator=(ScoredFilter&&) noexcept;
  ~ScoredFilter();

  std::string filter;                                      ///< "none", "flexible-extract", ...
  std::unique_ptr<nlohmann::ordered_json> filtered_resps;  ///< what was scored
  /// metric name -> this doc's value (a number, or what process_results returned).
  std::vector<std::pair<std::string, nlohmann::ordered_json>> values;
  /// metric name -> the score of each repeat by itself. Empty where there is one repeat, where the pipeline needs
  /// several responses, and of metrics whose value is no number.
  std::vector<std::pair<std::string, std::vector<double>>> repeat_scores;
};

struct MetricInfo {
  std::string name;
  std::string aggregation;  ///< "mean", ...
  std::optional<bool> higher_is_better;
};

/// An aggregated metric: a value and its standard errors, absent where the aggregation has none ("N/A").
struct MetricAggregate {
  double value = 0.0;
  std::optional<double> stderr_value;
  std::optional<double> stderr_clt;
  std::optional<double> stderr_clustered;
};

/// A benchmark: docs, how to ask about each, how to score the answers. Methods are thread-safe unless said otherwise.
class LMMS_EVAL_API Task {
 public:
  virtual ~Task();

  virtual const std::string& name() const = 0;
  virtual std::string alias() const = 0;        ///< shown in tables; the name unless task_alias is set
  virtual std::string output_type() const = 0;  ///< "generate_until", "multiple_choice", ...
  virtual std::string version() const = 0;      ///< metadata.version, else "Yaml"
  virtual int num_fewshot() const = 0;          ///< as shown in the n-shot column
  virtual int repeats() const = 0;

  /// Docs in the evaluated split. Opens the data set on first use; throws Error{data}.
  virtual std::int64_t num_docs() const = 0;
  /// One doc; fast when ids ascend, and possible in any order. Throws Error{data} with file and row.
  virtual Doc doc(std::int64_t id) const = 0;

  /// The requests of a doc, repeats of one index next to each other. Called in ascending doc order by one thread
  /// (few-shot sampling advances one random stream). Throws Error{data, config} when the doc cannot be rendered.
  virtual std::vector<Request> build_requests(const Doc& doc) = 0;
  /// Why a doc may be among its own examples; empty where it cannot.
  virtual std::string fewshot_leak() const { return {}; }
  /// The gold answer as samples show it.
  virtual nlohmann::ordered_json target(const Doc& doc) const = 0;

  /// Filters and scores the answers to all requests of the doc, in request order; one element per filter pipeline.
  virtual std::vector<ScoredFilter> score(const Doc& doc, std::span<const Response> responses) const = 0;

  virtual std::vector<MetricInfo> metrics() const = 0;
  /// Over the values of scored docs in doc order; not empty. `bootstrap_iters` 0: no errors.
  virtual MetricAggregate aggregate(const std::string& metric, std::span<const nlohmann::ordered_json> values,
                                    int bootstrap_iters) const = 0;

  /// Every non-null field of its TaskConfig in declaration order, as written to `configs` of the results file.
  virtual nlohmann::ordered_json dump_config() const = 0;
};

/// One entry of a group's aggregate_metric_list.
struct GroupMetric {
  std::string metric;
  std::vector<std::string> filters = {"none"};  ///< empty: all under which a member has the metric
  bool weight_by_size = false;
  bool part_of_name = false;  ///< every metric whose "metric,filter" has `metric` in it, as lmms-eval 0.7
  bool pooled_stderr = true;  ///< also where members count alike; else that of the mean of independent means
};

/// The selected tasks as a tree: a leaf holds a task, an inner node is a group.
struct TaskNode {
  std::string name;
  std::string alias;
  std::shared_ptr<Task> task;  ///< null for a group
  std::vector<TaskNode> members;
  std::vector<GroupMetric> aggregate;  ///< of a group; empty: it only bundles
  std::string version;
  bool shows_num_fewshot = false;  ///< of a group: with the n-shot of its members, where they agree
  std::filesystem::path source;    ///< the YAML file that defines it; empty if it is written out inside another one
};

/// What the command line changes in every task.
struct TaskOverrides {
  std::optional<int> num_fewshot;
  std::string gen_kwargs_json = "{}";  ///< merged over generation_kwargs, a JSON object text
  bool predict_only = false;
  std::optional<int> repeats;
  std::optional<std::int64_t> fewshot_seed = 1234;
  std::string system_instruction;
  bool apply_chat_template = false;
  bool fewshot_as_multiturn = false;
  /// --compat lmms-eval-0.7: that version's way where it is thought wrong, so that numbers compare.
  bool as_lmms_eval_07 = false;
  bool chat_model = false;   ///< the model takes messages: with as_lmms_eval_07 it gets no examples and no description
  std::string dataset_root;  ///< folder of data sets named as on the Hub; empty: none
  std::string model_name;    ///< as typed: picks model_specific_generation_kwargs
  std::string reasoning_tags = "[[\"<think>\",\"</think>\"],[\"<analysis>\",\"</analysis>\"]]";
};

/// Finds tasks, groups and tags by name, and builds them.
///
/// An index of names is made when it is created (one pass over the YAML files, nothing is rendered or loaded); files
/// that do not parse are counted and reported at debug level, and are an error only when selected.
class LMMS_EVAL_API TaskManager {
 public:
  struct Entry {
    std::string name;
    std::string kind;            ///< "task", "group" or "tag"
    std::filesystem::path yaml;  ///< empty for tags
    std::string output_type;     ///< of tasks
  };

  /// `include_paths` may override bundled names (with a message). Throws Error{usage} for a missing folder.
  explicit TaskManager(const std::vector<std::filesystem::path>& include_paths = {}, bool include_defaults = true);
  ~TaskManager();
  TaskManager(TaskManager&&) noexcept;

  /// Where the bundled tasks are: beside the executable (share/lmms_eval/tasks), else the source tree.
  static std::filesystem::path bundled_tasks();

  std::vector<Entry> entries() const;  ///< sorted by name
  std::size_t broken_files() const;

  /// Resolves names, wildcards, YAML paths and folders. Unknown names throw Error{usage} with the nearest ones; a
  /// selected file that does not parse throws Error{config} with file:line.
  std::vector<TaskNode> load(const std::vector<std::string>& selectors, const TaskOverrides& overrides) const;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace lmms_eval
