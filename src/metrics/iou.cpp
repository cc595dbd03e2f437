// iou: how much of two boxes [left, top, right, bottom] lies in both.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

using Box = std::array<double, 4>;

/// The first list of four numbers in a text.
std::optional<Box> box_in(const std::string& text) {
  static const std::string kNumber = R"((-?\d+(?:\.\d+)?))";
  static const Regex kBox(R"(\[\s*)" + kNumber + R"(,\s*)" + kNumber + R"(,\s*)" + kNumber + R"(,\s*)" + kNumber +
                          R"(\s*\])");
  const auto match = kBox.search(text);
  if (!match) return std::nullopt;
  Box box{};
  for (std::size_t i = 0; i < 4; ++i) box[i] = std::strtod(match->groups[i]->c_str(), nullptr);
  return box;
}

double area(const Box& box) { return (box[2] - box[0]) * (box[3] - box[1]); }

/// 0 for two empty boxes.
double iou(const Box& a, const Box& b) {
  const double width = std::max(0.0, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const double height = std::max(0.0, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const double both = width * height;
  const double either = area(a) + area(b) - both;
  return either == 0 ? 0.0 : both / either;
}

/// The target is a list of four numbers, or texts with one each. An answer without a box is an empty one.
Json score(const GenerationAnswer& answer, const Json&) {
  if (answer.predictions.size() != 1)
    throw errors::data("iou needs one answer a doc, not {}", answer.predictions.size());
  std::vector<std::string> targets = answer.references;
  if (targets.size() == 4 && !box_in(targets[0])) targets = {'[' + join(targets, ",") + ']'};
  const Box prediction = box_in(answer.predictions[0]).value_or(Box{});
  double best = 0;
  for (const auto& target : targets) {
    const auto box = box_in(target);
    if (!box) throw errors::data("iou: the target '{}' is no list of four numbers", one_line(target, 80));
    best = std::max(best, iou(prediction, *box));
  }
  return best;
}

const Registration kRegistration{
    Metric{.name = "iou", .aggregation = "mean", .generation = score, .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
