#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmms_eval/task.h"

namespace lmms_eval::metrics {

using Json = nlohmann::ordered_json;

/// A doc's score from the predictions and the references. `arguments` are the metric_list entry's own keys.
using ScoreFunction = std::function<Json(const std::vector<std::string>& predictions,
                                         const std::vector<std::string>& references, const Json& arguments)>;

/// A metric by name. Those of log-likelihood tasks (acc, acc_norm, ...) have no `score`: the task computes them from
/// its choices.
struct Metric {
  std::string name;
  ScoreFunction score;
  std::string aggregation;
  bool higher_is_better = true;
  std::vector<std::string> arguments;     ///< keys that metric_list entries may give
  std::vector<std::string> output_types;  ///< empty: any
  /// Looks at the values of the arguments once, when a task is loaded; throws Error{config}. May be empty.
  std::function<void(const Json& arguments)> check = {};
};

/// One value from all docs' values, with its standard error (absent for fewer than two docs, and where there is no way
/// to tell). `bootstrap_iters` 0 asks for no errors.
struct Aggregation {
  std::string name;
  std::function<MetricAggregate(std::span<const Json> values, int bootstrap_iters)> aggregate;
};

/// Values as numbers, booleans as 0 and 1. Throws Error{data} for anything else.
std::vector<double> numbers(std::span<const Json> values);

void register_metric(Metric metric);
void register_aggregation(Aggregation aggregation);
const Metric* find_metric(const std::string& name);
const Aggregation* find_aggregation(const std::string& name);
std::vector<std::string> metric_names();
std::vector<std::string> aggregation_names();

/// Known to lmms-eval or lm-eval but not to this version: worth another message than a typing error.
bool is_known_elsewhere(const std::string& name);

struct Registration {
  explicit Registration(Metric metric) { register_metric(std::move(metric)); }
  explicit Registration(Aggregation aggregation) { register_aggregation(std::move(aggregation)); }
};

}  // namespace lmms_eval::metrics
