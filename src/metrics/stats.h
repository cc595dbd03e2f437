#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lmms_eval::stats {

double mean(std::span<const double> values);
/// Sample standard deviation (n - 1) over the root of n; nothing for fewer than two values.
std::optional<double> mean_stderr(std::span<const double> values);
/// Standard error of the mean with correlated clusters: sqrt(SE^2 + sum over clusters of sum_{i != j} (s_i - m)(s_j - m) / n^2),
/// clamped at 0. Nothing for fewer than two values or clusters.
std::optional<double> clustered_stderr(std::span<const double> values, std::span<const std::string> clusters);

}  // namespace lmms_eval::stats
