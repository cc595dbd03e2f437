#include <algorithm>

#include "base/regex.h"
#include "metrics/arguments.h"
#include "metrics/metric.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

/// strip, lower, runs of white space as one blank.
std::u32string normalized(const std::string& text) { return utf8_to_utf32(joined_words(lower_unicode(text))); }

/// Average normalised Levenshtein similarity. The divisor is the length of the raw texts in upper case, as published
/// numbers use it.
Json anls(const GenerationAnswer& answer, const Json& arguments) {
  const double threshold = number(arguments, "thresh_hold", 0.5);
  if (answer.predictions.empty() || answer.references.empty()) return 0.0;
  const std::string& prediction = answer.predictions.front();
  double best = 1.0;
  for (const auto& reference : answer.references) {
    const std::size_t length =
        std::max(utf8_to_utf32(upper_unicode(prediction)).size(), utf8_to_utf32(upper_unicode(reference)).size());
    const double distance = static_cast<double>(edit_distance(normalized(prediction), normalized(reference)));
    best = std::min(best, length == 0 ? 0.0 : distance / static_cast<double>(length));
  }
  const double score = 1.0 - best;
  return score < threshold ? 0.0 : score;
}

void check(const Json& arguments) { number(arguments, "thresh_hold", 0.5); }

const Registration kRegistration{Metric{.name = "anls",
                                        .aggregation = "mean",
                                        .arguments = {"thresh_hold"},
                                        .check = check,
                                        .generation = anls,
                                        .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
