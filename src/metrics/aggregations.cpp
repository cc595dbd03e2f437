// mean, nanmean, sum, median, perplexity and the weighted means of rolling log-likelihoods, bypass.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/text.h"
#include "metrics/bootstrap.h"
#include "metrics/metric.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {
namespace {

using Picks = std::span<const std::uint32_t>;

MetricAggregate mean_of(std::span<const Json> values, const AggregationOptions& options) {
  const auto list = numbers(values);
  MetricAggregate result;
  result.value = stats::mean(list);
  if (options.bootstrap_iters > 0) result.stderr_value = stats::mean_stderr(list);
  return result;
}

/// The mean of what is a number; NaN where nothing is.
MetricAggregate nanmean_of(std::span<const Json> values, const AggregationOptions& options) {
  const auto list = numbers(values);
  return bootstrapped(
      [&](Picks picks) {
        std::vector<double> picked(picks.size());
        double count = 0;
        for (std::size_t i = 0; i < picks.size(); ++i) {
          const double value = list[picks[i]];
          picked[i] = std::isnan(value) ? 0.0 : value;
          count += !std::isnan(value);
        }
        return stats::pairwise_sum(picked) / count;
      },
      list.size(), options.bootstrap_iters);
}

/// NaN counts as nothing.
MetricAggregate sum_of(std::span<const Json> values, const AggregationOptions&) {
  MetricAggregate result;
  for (const double value : numbers(values)) result.value += std::isnan(value) ? 0.0 : value;
  return result;
}

/// The upper middle of the sorted values. Each doc's rank is found once, so that a resample only counts ranks.
class SortedMedian {
 public:
  explicit SortedMedian(const std::vector<double>& values) : sorted_(values), ranks_(values.size()) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
    for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
      ranks_[order[rank]] = rank;
      sorted_[rank] = values[order[rank]];
    }
  }
  double operator()(Picks picks) const {
    std::vector<std::uint32_t> counts(sorted_.size());
    for (const auto pick : picks) ++counts[ranks_[pick]];
    std::size_t rank = 0;
    for (std::size_t below = counts[0]; below <= picks.size() / 2; below += counts[++rank]) continue;
    return sorted_[rank];
  }

 private:
  std::vector<double> sorted_;
  std::vector<std::uint32_t> ranks_;
};

/// lm-eval sorts, lmms-eval takes the middle element without sorting.
MetricAggregate median_of(std::span<const Json> values, const AggregationOptions& options) {
  const auto list = numbers(values);
  const auto unsorted = [&](Picks picks) { return list[picks[picks.size() / 2]]; };
  return options.as_lmms_eval_07 ? bootstrapped(unsorted, list.size(), options.bootstrap_iters)
                                 : bootstrapped(SortedMedian(list), list.size(), options.bootstrap_iters);
}

MetricAggregate perplexity_of(std::span<const Json> values, const AggregationOptions& options) {
  const auto list = numbers(values);
  const auto perplexity = [&](Picks picks) {
    double sum = 0;
    for (const auto pick : picks) sum += list[pick];
    return std::exp(-(sum / static_cast<double>(picks.size())));
  };
  return bootstrapped(perplexity, list.size(), options.bootstrap_iters);
}

/// Sum of the first over the sum of the second of pairs [value, weight].
double weighted_mean(std::span<const Json> values) {
  double sum = 0, weights = 0;
  for (const auto& value : values) {
    if (!value.is_array() || value.size() != 2)
      throw errors::data("a doc's value is {}; this aggregation needs a value and its weight",
                         one_line(value.dump(), 80));
    const auto pair = numbers(std::vector<Json>{value[0], value[1]});
    sum += pair[0];
    weights += pair[1];
  }
  return sum / weights;
}

template <double (*from_mean)(double)>
MetricAggregate weighted(std::span<const Json> values, const AggregationOptions&) {
  MetricAggregate result;
  result.value = from_mean(weighted_mean(values));
  return result;
}

double same(double mean) { return mean; }
double exp_negated(double mean) { return std::exp(-mean); }
double in_bits(double mean) { return -mean / std::log(2.0); }

MetricAggregate bypass_of(std::span<const Json>, const AggregationOptions&) {
  MetricAggregate result;
  result.value = 999;
  return result;
}

const Registration kMean{Aggregation{"mean", mean_of}};
const Registration kNanMean{Aggregation{"nanmean", nanmean_of}};
const Registration kSum{Aggregation{"sum", sum_of}};
const Registration kNanSum{Aggregation{"nansum", sum_of}};
const Registration kMedian{Aggregation{"median", median_of}};
const Registration kPerplexity{Aggregation{"perplexity", perplexity_of}};
const Registration kWeightedMean{Aggregation{"weighted_mean", weighted<same>}};
const Registration kWeightedPerplexity{Aggregation{"weighted_perplexity", weighted<exp_negated>}};
const Registration kBitsPerByte{Aggregation{"bits_per_byte", weighted<in_bits>}};
const Registration kBypass{Aggregation{"bypass", bypass_of}};

}  // namespace
}  // namespace lmms_eval::metrics
