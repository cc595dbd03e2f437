#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "metrics/metric.h"
#include "tasks/task_config.h"

namespace lmms_eval {

/// A metric as a task uses it.
struct MetricUse {
  const metrics::Metric* metric = nullptr;
  std::string aggregation;
  std::optional<bool> higher_is_better;
  nlohmann::ordered_json arguments = nlohmann::ordered_json::object();

  /// What it computes: its own name, or its parts.
  std::vector<std::string> names() const;
};

/// The task's metric_list, or the default metrics of its output_type. Throws Error{config} with file:line for a metric
/// that is unknown, has wrong arguments, or cannot work with the output_type.
std::vector<MetricUse> read_metric_list(const TaskConfig& config, bool as_lmms_eval_07);

}  // namespace lmms_eval
