#include "metrics/translation.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "metrics/bootstrap.h"

namespace lmms_eval::metrics {
namespace {

constexpr int kMostIterations = 100;

std::string text_in(const Json& value, const Json& doc) {
  const Json& one = value.is_array() && value.size() == 1 ? value[0] : value;
  if (!one.is_string())
    throw errors::data("a doc's value is {}; this aggregation needs the references and one answer",
                       one_line(doc.dump(), 80));
  return one.get<std::string>();
}

Segment segment_of(const Json& value) {
  if (!value.is_array() || value.size() != 2)
    throw errors::data("a doc's value is {}; this aggregation needs the references and one answer",
                       one_line(value.dump(), 80));
  Segment segment{text_in(value[1], value), {}};
  if (!value[0].is_array()) segment.references.push_back(text_in(value[0], value));
  if (value[0].is_array())
    for (const auto& reference : value[0]) segment.references.push_back(text_in(reference, value));
  return segment;
}

std::vector<Segment> segments_of(std::span<const Json> values) {
  std::vector<Segment> segments;
  for (const auto& value : values) segments.push_back(segment_of(value));
  const auto fewer = [](const Segment& a, const Segment& b) { return a.references.size() < b.references.size(); };
  const auto [fewest, most] = std::minmax_element(segments.begin(), segments.end(), fewer);
  const std::size_t count = fewest->references.size();
  if (count == 0) throw errors::data("a doc has no reference");
  if (most->references.size() > count)
    spdlog::warn("docs have up to {} references, of which {} are used", most->references.size(), count);
  for (auto& segment : segments) segment.references.resize(count);
  return segments;
}

}  // namespace

Json segment_value(const GenerationAnswer& answer, const Json&) {
  if (answer.predictions.size() != 1)
    throw errors::data("this metric needs one answer a doc, not {}", answer.predictions.size());
  const bool one = answer.references.size() == 1;
  return Json::array({one ? Json(answer.references[0]) : Json(answer.references), answer.predictions[0]});
}

MetricAggregate aggregate_corpus(std::span<const Json> values, const CorpusMetric& metric, int bootstrap_iters) {
  std::vector<std::vector<double>> counts;
  for (const auto& segment : segments_of(values)) counts.push_back(metric.count(segment));
  const auto score = [&](std::span<const std::uint32_t> picks) {
    std::vector<double> sums(counts.front().size());
    for (const auto pick : picks)
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += counts[pick][i];
    return metric.score(sums);
  };
  return bootstrapped(score, counts.size(), std::min(bootstrap_iters, kMostIterations));
}

}  // namespace lmms_eval::metrics
