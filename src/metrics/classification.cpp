// f1 and matthews_corrcoef over pairs [gold, predicted] of class numbers, as scikit-learn defines them.
#include <cmath>
#include <map>

#include "base/errors.h"
#include "metrics/metric.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {
namespace {

struct Pair {
  std::int64_t gold;
  std::int64_t predicted;
};

std::vector<Pair> pairs_of(std::span<const Json> values) {
  std::vector<Pair> pairs;
  for (const auto& value : values) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_number_integer() || !value[1].is_number_integer())
      throw errors::data("a doc's value is {}; this aggregation needs one gold and one predicted class number",
                         value.dump());
    pairs.push_back({value[0].get<std::int64_t>(), value[1].get<std::int64_t>()});
  }
  return pairs;
}

/// F1 of class 1; 0 where it does not occur.
double f1(const std::vector<Pair>& pairs, std::span<const std::uint32_t> picks) {
  double both = 0, either = 0;
  for (const auto pick : picks) {
    const auto& [gold, predicted] = pairs[pick];
    both += gold == 1 && predicted == 1;
    either += (gold == 1) + (predicted == 1);
  }
  return either == 0 ? 0.0 : 2 * both / either;
}

/// For any number of classes (Gorodkin's R_K); 0 where one side is constant.
double matthews(const std::vector<Pair>& pairs, std::span<const std::uint32_t> picks) {
  std::map<std::int64_t, double> golds, predictions;
  double correct = 0;
  for (const auto pick : picks) {
    const auto& [gold, predicted] = pairs[pick];
    ++golds[gold];
    ++predictions[predicted];
    correct += gold == predicted;
  }
  const double n = static_cast<double>(picks.size());
  double cross = correct * n, gold_spread = n * n, predicted_spread = n * n;
  for (const auto& [name, count] : golds) {
    gold_spread -= count * count;
    if (const auto found = predictions.find(name); found != predictions.end()) cross -= count * found->second;
  }
  for (const auto& [name, count] : predictions) predicted_spread -= count * count;
  return gold_spread * predicted_spread == 0 ? 0.0 : cross / std::sqrt(gold_spread * predicted_spread);
}

template <double (*statistic)(const std::vector<Pair>&, std::span<const std::uint32_t>)>
MetricAggregate aggregate(std::span<const Json> values, int bootstrap_iters) {
  const auto pairs = pairs_of(values);
  std::vector<std::uint32_t> all(pairs.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  MetricAggregate result;
  result.value = statistic(pairs, all);
  result.stderr_value = stats::bootstrap_stderr(
      [&](std::span<const std::uint32_t> picks) { return statistic(pairs, picks); }, pairs.size(), bootstrap_iters);
  return result;
}

MetricAggregate f1_of(std::span<const Json> values, int bootstrap_iters) {
  for (const auto& [gold, predicted] : pairs_of(values))
    if (gold < 0 || gold > 1 || predicted < 0 || predicted > 1)
      throw errors::data("f1 needs two classes, 0 and 1, but a doc has gold {} and prediction {}", gold, predicted);
  return aggregate<f1>(values, bootstrap_iters);
}

const Registration kF1{Aggregation{"f1", f1_of}};
const Registration kMatthews{Aggregation{"matthews_corrcoef", aggregate<matthews>}};

}  // namespace
}  // namespace lmms_eval::metrics
