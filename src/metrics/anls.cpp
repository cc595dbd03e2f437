#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

std::u32string code_points(std::string_view text) { return utf8_to_utf32(text); }

std::size_t edit_distance(const std::u32string& a, const std::u32string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

/// strip, lower, runs of white space as one blank.
std::u32string normalized(const std::string& text) {
  std::string joined;
  for (const auto& word : Regex::cached("\\s+").split(std::string(trim(lower_unicode(text))))) {
    if (word.empty()) continue;
    if (!joined.empty()) joined += ' ';
    joined += word;
  }
  return code_points(joined);
}

/// Average normalised Levenshtein similarity. The divisor is the length of the raw texts in upper case, as published
/// numbers use it.
Json anls(const GenerationAnswer& answer, const Json& arguments) {
  const double threshold = arguments.contains("thresh_hold") ? arguments["thresh_hold"].get<double>() : 0.5;
  if (answer.predictions.empty() || answer.references.empty()) return 0.0;
  const std::string& prediction = answer.predictions.front();
  double best = 1.0;
  for (const auto& reference : answer.references) {
    const std::size_t length =
        std::max(code_points(upper_unicode(prediction)).size(), code_points(upper_unicode(reference)).size());
    const double distance = static_cast<double>(edit_distance(normalized(prediction), normalized(reference)));
    best = std::min(best, length == 0 ? 0.0 : distance / static_cast<double>(length));
  }
  const double score = 1.0 - best;
  return score < threshold ? 0.0 : score;
}

void check(const Json& arguments) {
  if (arguments.contains("thresh_hold") && !arguments["thresh_hold"].is_number())
    throw errors::config("thresh_hold must be a number, not {}", arguments["thresh_hold"].dump());
}

const Registration kRegistration{Metric{.name = "anls",
                                        .aggregation = "mean",
                                        .arguments = {"thresh_hold"},
                                        .check = check,
                                        .generation = anls,
                                        .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
