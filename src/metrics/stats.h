#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lmms_eval::stats {

/// Sum from left to right over n, as Python's sum() / len().
double mean(std::span<const double> values);
/// The sum to the last bit of numpy.sum, which adds pairwise.
double pairwise_sum(std::span<const double> values);
/// Sample standard deviation (n - 1) over the root of n; nothing for fewer than two values. To the last bit what
/// lmms-eval's Python computes.
std::optional<double> mean_stderr(std::span<const double> values);
/// The same quantity to the last bit of numpy.std(values, ddof=1) / sqrt(n), which sums pairwise.
std::optional<double> clt_stderr(std::span<const double> values);
/// Standard error of the mean with correlated clusters: sqrt(SE^2 + sum over clusters of sum_{i != j} (s_i - m)(s_j -
/// m) / n^2). Nothing for fewer than two values or clusters; 0 where rounding makes the sum negative.
std::optional<double> clustered_stderr(std::span<const double> values, std::span<const std::string> clusters);

/// A statistic of the docs picked; a doc may be picked more than once.
using Statistic = std::function<double(std::span<const std::uint32_t> picks)>;
/// Standard deviation of the statistic over `iterations` resamples of `docs` docs with replacement, drawn as lmms-eval
/// does: chunks of 1,000, chunk i from random.Random(i). Nothing for fewer than two docs or iterations. Uses all cores.
std::optional<double> bootstrap_stderr(const Statistic& statistic, std::size_t docs, int iterations);

/// Standard error of the mean over all docs of a group whose tasks weigh by their size: the pooled variance of the
/// tasks over the number of docs. Nothing where no task has two docs.
std::optional<double> pooled_stderr(std::span<const double> stderrs, std::span<const double> sizes);
/// Standard error of the plain mean of k independent means: the root of the sum of their squares, over k.
double unweighted_mean_stderr(std::span<const double> stderrs);

/// A range that holds the mean with the given confidence (0.95: 1.96 standard errors either way).
struct Interval {
  double low;
  double high;
};
Interval confidence_interval(double value, double standard_error, double confidence = 0.95);

/// How stable the scores of repeated answers are; each doc has the scores of its repeats. NaN without docs.
struct Stability {
  double expected_accuracy;   ///< EA: mean of all scores
  double consensus_accuracy;  ///< CA: share of docs of which more than half of the scores are hits
  double internal_variance;   ///< IV: mean over docs of the variance (n - 1) within a doc
  double consistency_rate;    ///< CR: share of docs whose scores are all equal
};
Stability stability(std::span<const std::vector<double>> scores_of_docs);

}  // namespace lmms_eval::stats
