#include "metrics/stats.h"

#include <cmath>
#include <map>

namespace lmms_eval::stats {
namespace {

double squared_error(std::span<const double> values) {
  const double center = mean(values);
  double sum = 0;
  for (double value : values) sum += (value - center) * (value - center);
  return sum / static_cast<double>(values.size() - 1) / static_cast<double>(values.size());
}

}  // namespace

double mean(std::span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::optional<double> mean_stderr(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  return std::sqrt(squared_error(values));
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
  const double n = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squared_error(values) + cross / (n * n)));
}

}  // namespace lmms_eval::stats
