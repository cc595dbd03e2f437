#pragma once

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/doc_reader.h"
#include "tasks/filter_list.h"
#include "tasks/metric_list.h"
#include "tasks/task_config.h"

namespace lmms_eval {

/// Filters and scores a task's answers: the pipelines of filter_list, reasoning tags, the metrics of metric_list.
class Scorer {
 public:
  /// Checks filter_list and metric_list; throws Error{config} with file:line.
  Scorer(const TaskConfig& config, const TaskOverrides& overrides);

  /// A metric needs the log-probability of each choice without context. The responses to these requests come after
  /// those of all choices, in the order of the choices, each with its repeats.
  bool wants_unconditional() const;

  std::vector<ScoredFilter> score(const DocReader& reader, const Doc& doc, std::span<const Response> responses,
                                  int repeats) const;
  std::vector<MetricInfo> metrics() const;
  MetricAggregate aggregate(const std::string& metric, std::span<const nlohmann::ordered_json> values,
                            int bootstrap_iters) const;

 private:
  using Values = std::vector<std::pair<std::string, nlohmann::ordered_json>>;

  /// What the pipeline leaves of each request's responses.
  nlohmann::ordered_json filtered(const Pipeline& pipeline, const Doc& doc,
                                  std::vector<nlohmann::ordered_json> responses_of_requests) const;
  std::vector<std::pair<std::string, std::vector<double>>> repeat_scores(
      const Pipeline& pipeline, const DocReader& reader, const Doc& doc,
      const std::vector<nlohmann::ordered_json>& responses_of_requests, int repeats) const;
  /// `filtered` holds what the pipeline left of each request's responses.
  Values score_filtered(const DocReader& reader, const Doc& doc, const nlohmann::ordered_json& filtered) const;
  Values score_generation(const DocReader& reader, const Doc& doc, const nlohmann::ordered_json& filtered) const;
  void warn_of_missing_choice(const Doc& doc, const std::string& target, std::size_t choices) const;
  std::string without_reasoning(const std::string& text) const;

  std::string task_;
  std::shared_ptr<std::atomic<bool>> told_of_missing_choice_ = std::make_shared<std::atomic<bool>>(false);
  std::string output_type_;
  std::string score_key_, cluster_key_;
  bool predict_only_ = false;
  bool as_lmms_eval_07_ = false;
  bool trims_ = true;  ///< answers are scored without white space around them
  std::vector<MetricUse> metrics_;
  std::vector<Pipeline> pipelines_;
  filters::TagPairs reasoning_tags_;
};

}  // namespace lmms_eval
