#include "metrics/metric.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/text.h"
#include "metrics/bootstrap.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {

bool ChoicesAnswer::is_gold(std::size_t choice) const {
  return std::find(gold.begin(), gold.end(), static_cast<std::int64_t>(choice)) != gold.end();
}

Json ChoicesAnswer::gold_json() const { return several_gold || gold.size() != 1 ? Json(gold) : Json(gold.front()); }

std::vector<std::string> Metric::output_types() const {
  std::vector<std::string> types;
  if (generation) types.insert(types.end(), {"generate_until", "generate_until_multi_round"});
  if (choices) types.push_back("multiple_choice");
  if (likelihood) types.push_back("loglikelihood");
  if (rolling) types.push_back("loglikelihood_rolling");
  return types;
}

namespace {

double number(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (value.is_number()) return value.get<double>();
  throw errors::data("a doc's value is {}; this aggregation needs numbers", one_line(value.dump(), 80));
}

}  // namespace

std::vector<double> numbers(std::span<const Json> values) {
  std::vector<double> list;
  list.reserve(values.size());
  for (const auto& value : values) list.push_back(number(value));
  return list;
}

std::size_t argmax(std::span<const double> values) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) return i;
    if (values[i] > values[best]) best = i;
  }
  return best;
}

MetricAggregate bootstrapped(const stats::Statistic& statistic, std::size_t docs, int iterations) {
  std::vector<std::uint32_t> all(docs);
  std::iota(all.begin(), all.end(), 0U);
  MetricAggregate result;
  result.value = statistic(all);
  result.stderr_value = stats::bootstrap_stderr(statistic, docs, iterations);
  return result;
}

void add_errors_over_docs(std::span<const Json> values, const std::string& score_key, const std::string& cluster_key,
                          MetricAggregate& aggregate) {
  std::vector<double> scores;
  scores.reserve(values.size());
  std::vector<std::string> clusters;  // of the scores so far; shorter while none has one
  for (const auto& value : values) {
    const bool keyed = value.is_object() && value.contains(score_key);
    if (!keyed && !value.is_number() && !value.is_boolean()) continue;
    scores.push_back(number(keyed ? value[score_key] : value));
    const Json cluster = keyed && !cluster_key.empty() ? value.value(cluster_key, Json()) : Json();
    if (cluster.is_null()) continue;
    clusters.resize(scores.size());
    clusters.back() = cluster.dump();
  }
  aggregate.stderr_clt = stats::clt_stderr(scores);
  if (clusters.empty()) return;
  clusters.resize(scores.size());  // docs without a cluster share one
  auto known = clusters;
  std::erase(known, "");
  std::sort(known.begin(), known.end());
  if (known.front() != known.back()) aggregate.stderr_clustered = stats::clustered_stderr(scores, clusters);
}

}  // namespace lmms_eval::metrics
