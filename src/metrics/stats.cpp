#include "metrics/stats.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <map>

#include "base/python_random.h"
#include "base/thread_pool.h"

namespace lmms_eval::stats {
namespace {

constexpr int kChunk = 1000;

/// Sum of squared deviations from the mean, left to right.
double squared_deviations(std::span<const double> values) {
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - center) * (value - center);
  return sum;
}

double as_double(std::size_t count) { return static_cast<double>(count); }

/// Where the standard normal distribution reaches the probability, by bisection of its integral.
double normal_quantile(double probability) {
  double low = -40, high = 40;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

std::vector<double> bootstrap_chunk(const Statistic& statistic, std::size_t docs, int iterations, int seed) {
  PythonRandom random(seed);
  std::vector<std::uint32_t> picks(docs);
  std::vector<double> replicates;
  for (int i = 0; i < iterations; ++i) {
    random.choices(docs, picks);
    replicates.push_back(statistic(picks));
  }
  return replicates;
}

}  // namespace

// Eight running sums over blocks of at most 128 numbers, blocks added in a tree.
double pairwise_sum(std::span<const double> values) {
  const std::size_t n = values.size();
  if (n < 8) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
  }
  if (n > 128) {
    const std::size_t half = n / 2 - n / 2 % 8;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  double sums[8];
  std::copy_n(values.begin(), 8, sums);
  std::size_t i = 8;
  for (; i < n - n % 8; i += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += values[i + k];
  double sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  for (; i < n; ++i) sum += values[i];
  return sum;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / as_double(values.size());
}

std::optional<double> mean_stderr(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  return std::sqrt(squared_deviations(values) / as_double(values.size() - 1)) / std::sqrt(as_double(values.size()));
}

std::optional<double> clt_stderr(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double center = pairwise_sum(values) / as_double(values.size());
  std::vector<double> squares;
  squares.reserve(values.size());
  for (const double value : values) squares.push_back((value - center) * (value - center));
  return std::sqrt(pairwise_sum(squares) / as_double(values.size() - 1)) / std::sqrt(as_double(values.size()));
}

std::optional<double> clustered_stderr(std::span<const double> values, std::span<const std::string> clusters) {
  if (values.size() < 2) return std::nullopt;
  const double center = mean(values);
  // sum over i != j of d_i d_j is (sum d)^2 - sum d^2.
  std::map<std::string, std::pair<double, double>> sums;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double deviation = values[i] - center;
    auto& [sum, squares] = sums[clusters[i]];
    sum += deviation;
    squares += deviation * deviation;
  }
  if (sums.size() < 2) return std::nullopt;
  double cross = 0;
  for (const auto& [cluster, pair] : sums) cross += pair.first * pair.first - pair.second;
  const double n = as_double(values.size());
  return std::sqrt(std::max(0.0, squared_deviations(values) / (n - 1) / n + cross / (n * n)));
}

std::optional<double> bootstrap_stderr(const Statistic& statistic, std::size_t docs, int iterations) {
  if (docs < 2 || iterations < 2) return std::nullopt;
  const int chunk = std::min(kChunk, iterations);
  ThreadPool pool;
  std::vector<std::future<std::vector<double>>> chunks;
  for (int i = 0; i < iterations / chunk; ++i)
    chunks.push_back(pool.submit([&statistic, docs, chunk, i] { return bootstrap_chunk(statistic, docs, chunk, i); }));
  std::vector<double> replicates;
  for (auto& future : chunks) {
    const auto values = future.get();
    replicates.insert(replicates.end(), values.begin(), values.end());
  }
  return std::sqrt(squared_deviations(replicates) / as_double(replicates.size() - 1));
}

std::optional<double> pooled_stderr(std::span<const double> stderrs, std::span<const double> sizes) {
  double squares = 0, docs = 0;
  for (std::size_t i = 0; i < stderrs.size(); ++i) {
    squares += (sizes[i] - 1) * (stderrs[i] * stderrs[i]) * sizes[i];
    docs += sizes[i];
  }
  const double freedom = docs - as_double(stderrs.size());
  if (freedom <= 0) return std::nullopt;
  return std::sqrt(squares / freedom / docs);
}

double unweighted_mean_stderr(std::span<const double> stderrs) {
  double squares = 0;
  for (const double value : stderrs) squares += value * value;
  return std::sqrt(squares) / as_double(stderrs.size());
}

Interval confidence_interval(double value, double standard_error, double confidence) {
  const double width = normal_quantile(0.5 + confidence / 2) * standard_error;
  return {value - width, value + width};
}

Stability stability(std::span<const std::vector<double>> scores_of_docs) {
  std::vector<double> all, variances;
  double hits = 0, consistent = 0;
  for (const auto& scores : scores_of_docs) {
    if (scores.empty()) continue;
    all.insert(all.end(), scores.begin(), scores.end());
    hits += mean(scores) * as_double(scores.size()) > as_double(scores.size()) / 2;
    consistent += std::all_of(scores.begin(), scores.end(), [&](double score) { return score == scores.front(); });
    if (scores.size() > 1) variances.push_back(squared_deviations(scores) / as_double(scores.size() - 1));
  }
  const double docs = as_double(scores_of_docs.size());  // 0 docs: 0 / 0
  return {mean(all), hits / docs, mean(variances), consistent / docs};
}

}  // namespace lmms_eval::stats
