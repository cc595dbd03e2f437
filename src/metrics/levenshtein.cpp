// levenshtein: how many characters of the answer must change to make a reference of it.
#include <algorithm>

#include "base/errors.h"
#include "base/regex.h"
#include "metrics/metric.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

Json levenshtein(const GenerationAnswer& answer, const Json&) {
  if (answer.predictions.size() != 1 || answer.references.empty())
    throw errors::data("levenshtein needs one answer and a target a doc");
  const std::u32string prediction = utf8_to_utf32(answer.predictions[0]);
  std::size_t fewest = edit_distance(prediction, utf8_to_utf32(answer.references[0]));
  for (const auto& reference : answer.references)
    fewest = std::min(fewest, edit_distance(prediction, utf8_to_utf32(reference)));
  return fewest;
}

const Registration kRegistration{Metric{.name = "levenshtein",
                                        .aggregation = "mean",
                                        .higher_is_better = false,
                                        .generation = levenshtein,
                                        .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
