// mean, median, perplexity, bypass.
#include <cmath>

#include "base/errors.h"
#include "base/text.h"
#include "metrics/metric.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {
namespace {

/// A statistic whose standard error is bootstrapped.
MetricAggregate bootstrapped(const std::vector<double>& values, const stats::Statistic& statistic,
                             int bootstrap_iters) {
  std::vector<std::uint32_t> all(values.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  MetricAggregate result;
  result.value = statistic(all);
  result.stderr_value = stats::bootstrap_stderr(statistic, values.size(), bootstrap_iters);
  result.stderr_clt = stats::clt_stderr(values);
  return result;
}

MetricAggregate mean_of(std::span<const Json> values, int bootstrap_iters) {
  const auto list = numbers(values);
  MetricAggregate result;
  result.value = stats::mean(list);
  if (bootstrap_iters > 0) result.stderr_value = stats::mean_stderr(list);
  result.stderr_clt = stats::clt_stderr(list);
  return result;
}

/// lmms-eval takes the middle element without sorting.
MetricAggregate median_of(std::span<const Json> values, int bootstrap_iters) {
  const auto list = numbers(values);
  return bootstrapped(
      list, [&](std::span<const std::uint32_t> picks) { return list[picks[picks.size() / 2]]; }, bootstrap_iters);
}

MetricAggregate perplexity_of(std::span<const Json> values, int bootstrap_iters) {
  const auto list = numbers(values);
  const auto perplexity = [&](std::span<const std::uint32_t> picks) {
    double sum = 0;
    for (const auto pick : picks) sum += list[pick];
    return std::exp(-(sum / static_cast<double>(picks.size())));
  };
  return bootstrapped(list, perplexity, bootstrap_iters);
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

std::vector<double> numbers(std::span<const Json> values) {
  std::vector<double> list;
  for (const auto& value : values) {
    if (value.is_boolean())
      list.push_back(value.get<bool>() ? 1.0 : 0.0);
    else if (value.is_number())
      list.push_back(value.get<double>());
    else
      throw errors::data("a doc's value is {}; this aggregation needs numbers", one_line(value.dump(), 80));
  }
  return list;
}

}  // namespace lmms_eval::metrics
