#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "metrics/metric.h"

namespace lmms_eval::metrics {

/// A doc of a translation task: what the model wrote, and one text or more that it could have written.
struct Segment {
  std::string hypothesis;
  std::vector<std::string> references;
};

/// A doc's value: [references, hypothesis].
Json segment_value(const GenerationAnswer& answer, const Json& arguments);

/// A corpus metric of sacrebleu: counts of each segment, and a score from their sums, so that a resample is added up,
/// not counted anew.
struct CorpusMetric {
  std::function<std::vector<double>(const Segment&)> count;
  std::function<double(const std::vector<double>& sums)> score;
};

/// All docs must have one reference or the same number of them; with different numbers only as many as the fewest have
/// are used, as in lm-eval. At most 100 bootstrap iterations, as there.
MetricAggregate aggregate_corpus(std::span<const Json> values, const CorpusMetric& metric, int bootstrap_iters);

}  // namespace lmms_eval::metrics
