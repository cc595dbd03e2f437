#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "filters/filter.h"
#include "lmms_eval/task.h"
#include "metrics/metric.h"
#include "tasks/doc_reader.h"
#include "tasks/task_config.h"

namespace lmms_eval {

/// Filters and scores a task's answers: the pipelines of filter_list, reasoning tags, the metrics of metric_list.
class Scorer {
 public:
  /// Checks filter_list and metric_list; throws Error{config} with file:line.
  Scorer(const TaskConfig& config, const TaskOverrides& overrides);

  std::vector<ScoredFilter> score(const DocReader& reader, const Doc& doc, std::span<const Response> responses,
                                  int repeats) const;
  std::vector<MetricInfo> metrics() const;
  MetricAggregate aggregate(const std::string& metric, std::span<const nlohmann::ordered_json> values,
                            int bootstrap_iters) const;

 private:
  struct MetricUse {
    const metrics::Metric* metric = nullptr;
    std::string aggregation;
    std::optional<bool> higher_is_better;
    nlohmann::ordered_json arguments = nlohmann::ordered_json::object();
  };
  struct Pipeline {
    std::string name;
    std::vector<filters::Step> steps;
  };
  using Values = std::vector<std::pair<std::string, nlohmann::ordered_json>>;

  void read_metrics(const TaskConfig& config);
  MetricUse read_metric(const TaskConfig& config, const nlohmann::ordered_json& entry, const std::string& base) const;
  void read_metric_keys(const TaskConfig& config, const nlohmann::ordered_json& entry, const std::string& base,
                        MetricUse& use) const;
  void read_filters(const TaskConfig& config);
  Pipeline read_pipeline(const TaskConfig& config, const nlohmann::ordered_json& entry, const std::string& base) const;
  void read_tags(const TaskConfig& config, const std::string& from_command_line);
  Values score_generation(const DocReader& reader, const Doc& doc, const nlohmann::ordered_json& filtered) const;
  Values score_choices(const DocReader& reader, const Doc& doc, const nlohmann::ordered_json& filtered) const;
  Values score_likelihood(const nlohmann::ordered_json& filtered) const;

  std::string output_type_;
  bool predict_only_ = false;
  std::vector<MetricUse> metrics_;
  std::vector<Pipeline> pipelines_;
  std::vector<std::pair<std::string, std::string>> reasoning_tags_;
};

}  // namespace lmms_eval
