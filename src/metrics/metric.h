#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lmms_eval/task.h"

namespace lmms_eval::metrics {

using Json = nlohmann::ordered_json;

// A scored doc, one form for each kind of answer.

/// The texts that the filters left, and the gold texts.
struct GenerationAnswer {
  std::vector<std::string> predictions;
  std::vector<std::string> references;
};

/// The log-probabilities of a doc's choices.
struct ChoicesAnswer {
  static constexpr std::int64_t kNoChoice = -100;  ///< gold of a target that is none of the choices

  std::vector<double> logprobs;       ///< sum over the tokens of each choice
  std::vector<double> unconditional;  ///< the same without context; empty unless a metric asks for it
  std::vector<bool> is_greedy;
  std::vector<std::size_t> characters, bytes;  ///< lengths of the choices without delimiter
  std::vector<std::int64_t> gold;
  bool several_gold = false;  ///< the target is a list

  bool is_gold(std::size_t choice) const;
  /// The number of the right choice, or the list of them.
  Json gold_json() const;
};

struct LikelihoodAnswer {
  double logprob = 0.0;
  bool is_greedy = false;
};

/// The log-probability of a whole document, and the document's length.
struct RollingAnswer {
  double logprob = 0.0;
  std::size_t words = 0, bytes = 0;
};

/// A doc's value from its answer. `arguments` are the metric_list entry's own keys.
template <typename Answer>
using Score = std::function<Json(const Answer& answer, const Json& arguments)>;

/// A metric by name. It works with the kinds of answers that it has a function for.
struct Metric {
  std::string name;
  std::string aggregation;
  bool higher_is_better = true;
  std::vector<std::string> arguments = {};  ///< keys that metric_list entries may give
  /// Looks at the values of the arguments once, when a task is loaded; throws Error{config}. May be empty.
  std::function<void(const Json& arguments)> check = {};

  Score<GenerationAnswer> generation = {};
  Score<ChoicesAnswer> choices = {};
  Score<LikelihoodAnswer> likelihood = {};
  Score<RollingAnswer> rolling = {};

  /// Takes all gold texts of a doc at once. Otherwise it is given one after the other, and a doc with a list of targets
  /// counts 1 if any of them scores.
  bool all_references = false;
  bool unconditional = false;           ///< needs ChoicesAnswer::unconditional
  std::vector<std::string> parts = {};  ///< `generation` returns an object with these keys, each a metric of its own

  /// Those that it can work with.
  std::vector<std::string> output_types() const;
};

struct AggregationOptions {
  int bootstrap_iters = 100000;     ///< 0 asks for no errors
  Json arguments = Json::object();  ///< the metric_list entry's own keys
  bool as_lmms_eval_07 = false;     ///< also where that version is thought wrong
};

/// One value from all docs' values, with its standard error (absent for fewer than two docs, and where there is no way
/// to tell).
struct Aggregation {
  std::string name;
  std::function<MetricAggregate(std::span<const Json> values, const AggregationOptions& options)> aggregate;
};

/// The errors that hold whatever the aggregation: of the mean of the docs' scores, and of that mean with docs in
/// clusters. A doc's value is a number, or an object with its score under `score_key` and its cluster under
/// `cluster_key` (empty: no clusters); other values are left out.
void add_errors_over_docs(std::span<const Json> values, const std::string& score_key, const std::string& cluster_key,
                          MetricAggregate& aggregate);

/// Values as numbers, booleans as 0 and 1. Throws Error{data} for anything else.
std::vector<double> numbers(std::span<const Json> values);

/// The index of the largest value, the first of equal ones; a NaN counts as the largest, as in NumPy.
std::size_t argmax(std::span<const double> values);

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
