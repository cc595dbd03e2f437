// mean, median, perplexity, bypass.
#include <cmath>

#include "base/errors.h"
#include "metrics/metric.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {
namespace {

std::vector<double> numbers(std::span<const Json> values) {
  std::vector<double> list;
  for (const auto& value : values) {
    if (value.is_boolean()) list.push_back(value.get<bool>() ? 1.0 : 0.0);
    else if (value.is_number()) list.push_back(value.get<double>());
    else throw errors::config("a metric value is not a number: {}; its aggregation needs numbers", value.dump());
  }
  return list;
}

MetricAggregate mean_of(std::span<const Json> values, int bootstrap_iters) {
  const auto list = numbers(values);
  MetricAggregate result;
  result.value = stats::mean(list);
  if (bootstrap_iters > 0) result.stderr_value = stats::mean_stderr(list);
  result.stderr_clt = stats::mean_stderr(list);
  return result;
}

/// lmms-eval takes the middle element without sorting.
MetricAggregate median_of(std::span<const Json> values, int) {
  MetricAggregate result;
  result.value = numbers(values)[values.size() / 2];
  result.stderr_clt = stats::mean_stderr(numbers(values));
  return result;
}

MetricAggregate perplexity_of(std::span<const Json> values, int) {
  MetricAggregate result;
  result.value = std::exp(-stats::mean(numbers(values)));
  result.stderr_clt = stats::mean_stderr(numbers(values));
  return result;
}

MetricAggregate bypass_of(std::span<const Json>, int) {
  MetricAggregate result;
  result.value = 999;
  return result;
}

const Registration kMean{Aggregation{"mean", mean_of}};
const Registration kMedian{Aggregation{"median", median_of}};
const Registration kPerplexity{Aggregation{"perplexity", perplexity_of}};
const Registration kBypass{Aggregation{"bypass", bypass_of}};

}  // namespace
}  // namespace lmms_eval::metrics
