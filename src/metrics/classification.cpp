// f1, mcc and brier_score: what the model chose, or how sure it was, against the gold class.
#include <cmath>
#include <map>
#include <numeric>

#include "base/errors.h"
#include "base/text.h"
#include "metrics/bootstrap.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

using Picks = std::span<const std::uint32_t>;

struct Pair {
  std::int64_t gold;
  std::int64_t predicted;
  auto operator<=>(const Pair&) const = default;
};

/// A statistic needs only how often each pair occurs, so that 100,000 resamples are counted, not walked.
struct Counted {
  std::vector<Pair> kinds;
  std::vector<std::uint32_t> kind_of_doc;
};

Counted counted(std::span<const Json> values) {
  std::map<Pair, std::uint32_t> numbers;
  Counted result;
  for (const auto& value : values) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_number_integer() || !value[1].is_number_integer())
      throw errors::data("a doc's value is {}; this aggregation needs one gold and one predicted class number",
                         one_line(value.dump(), 80));
    const Pair pair{value[0].get<std::int64_t>(), value[1].get<std::int64_t>()};
    const auto [at, is_new] = numbers.emplace(pair, static_cast<std::uint32_t>(result.kinds.size()));
    if (is_new) result.kinds.push_back(pair);
    result.kind_of_doc.push_back(at->second);
  }
  return result;
}

/// How often each kind of pair occurs.
using Counts = std::vector<double>;

/// F1 of class 1; 0 where it does not occur.
double f1(const std::vector<Pair>& kinds, const Counts& counts) {
  double both = 0, either = 0;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto& [gold, predicted] = kinds[i];
    if (gold == 1 && predicted == 1) both += counts[i];
    either += ((gold == 1) + (predicted == 1)) * counts[i];
  }
  return either == 0 ? 0.0 : 2 * both / either;
}

/// For any number of classes (Gorodkin's R_K); 0 where one side is constant.
double matthews(const std::vector<Pair>& kinds, const Counts& counts) {
  std::map<std::int64_t, double> golds, predictions;
  double correct = 0, n = 0;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto& [gold, predicted] = kinds[i];
    golds[gold] += counts[i];
    predictions[predicted] += counts[i];
    if (gold == predicted) correct += counts[i];
    n += counts[i];
  }
  double cross = correct * n, gold_spread = n * n, predicted_spread = n * n;
  for (const auto& [name, count] : golds) {
    gold_spread -= count * count;
    if (const auto found = predictions.find(name); found != predictions.end()) cross -= count * found->second;
  }
  for (const auto& [name, count] : predictions) predicted_spread -= count * count;
  return gold_spread * predicted_spread == 0 ? 0.0 : cross / std::sqrt(gold_spread * predicted_spread);
}

template <double (*statistic)(const std::vector<Pair>&, const Counts&)>
MetricAggregate aggregate(std::span<const Json> values, const AggregationOptions& options) {
  const auto docs = counted(values);
  const auto of_picks = [&](Picks picks) {
    std::vector<std::uint32_t> counts(docs.kinds.size());
    for (const auto pick : picks) ++counts[docs.kind_of_doc[pick]];
    return statistic(docs.kinds, Counts(counts.begin(), counts.end()));
  };
  return bootstrapped(of_picks, values.size(), options.bootstrap_iters);
}

MetricAggregate f1_of(std::span<const Json> values, const AggregationOptions& options) {
  for (const auto& [gold, predicted] : counted(values).kinds)
    if (gold < 0 || gold > 1 || predicted < 0 || predicted > 1)
      throw errors::data("f1 needs two classes, 0 and 1, but a doc has gold {} and prediction {}", gold, predicted);
  return aggregate<f1>(values, options);
}

/// Mean over docs of the squared distance between [gold, probabilities] and certainty in the gold class.
MetricAggregate brier_of(std::span<const Json> values, const AggregationOptions&) {
  std::vector<double> distances;
  for (const auto& value : values) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_number_integer() || !value[1].is_array())
      throw errors::data("a doc's value is {}; brier_score needs a class number and a list of probabilities",
                         one_line(value.dump(), 80));
    const auto probabilities = value[1].get<std::vector<double>>();
    const auto classes = static_cast<std::int64_t>(probabilities.size());
    std::int64_t gold = value[0].get<std::int64_t>();
    if (gold < 0) gold += classes;  // as NumPy counts from the end
    if (gold < 0 || gold >= classes)
      throw errors::data("brier_score: the target {} is none of the doc's {} choices", value[0].dump(), classes);
    std::vector<double> squares;
    for (std::int64_t i = 0; i < classes; ++i) {
      const double off = probabilities[static_cast<std::size_t>(i)] - (i == gold ? 1.0 : 0.0);
      squares.push_back(off * off);
    }
    distances.push_back(stats::pairwise_sum(squares));
  }
  MetricAggregate result;
  result.value = stats::pairwise_sum(distances) / static_cast<double>(distances.size());
  return result;
}

Json gold_and_choice(const ChoicesAnswer& answer, const Json&) {
  return Json::array({answer.gold_json(), argmax(answer.logprobs)});
}

/// The choices' probabilities if one of them had to be taken: a softmax of the log-probabilities.
Json gold_and_probabilities(const ChoicesAnswer& answer, const Json&) {
  const double largest = answer.logprobs.at(argmax(answer.logprobs));
  std::vector<double> probabilities;
  for (const double logprob : answer.logprobs) probabilities.push_back(std::exp(logprob - largest));
  const double sum = stats::pairwise_sum(probabilities);
  for (double& probability : probabilities) probability /= sum;
  return Json::array({answer.gold_json(), probabilities});
}

const Registration kF1{Aggregation{"f1", f1_of}};
const Registration kMatthews{Aggregation{"matthews_corrcoef", aggregate<matthews>}};
const Registration kBrier{Aggregation{"brier_score", brier_of}};
const Registration kF1Metric{Metric{.name = "f1", .aggregation = "f1", .choices = gold_and_choice}};
const Registration kMcc{Metric{.name = "mcc", .aggregation = "matthews_corrcoef", .choices = gold_and_choice}};
const Registration kBrierMetric{Metric{
    .name = "brier_score", .aggregation = "brier_score", .higher_is_better = false, .choices = gold_and_probabilities}};

}  // namespace
}  // namespace lmms_eval::metrics
