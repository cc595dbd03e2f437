#pragma once

#include <cstddef>

#include "lmms_eval/task.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {

/// The statistic of all docs, with its bootstrapped standard error (none for 0 iterations).
MetricAggregate bootstrapped(const stats::Statistic& statistic, std::size_t docs, int iterations);

}  // namespace lmms_eval::metrics
