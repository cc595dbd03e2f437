// scienceqa_match and mvbench_match: an option's letter or text against the gold one. Rules: these benchmarks in
// lmms-eval.
#include <unicode/uchar.h>

#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "base/utf8.h"
#include "metrics/metric.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

/// The gold letter alone, in any case, or a capital and a full stop before whatever else.
bool scienceqa_match(const std::string& answer, const std::string& gold) {
  const std::string wanted = lower_unicode(python_strip(gold)), text(python_strip(answer));
  if (lower_unicode(text) == wanted) return true;
  if (text.empty()) return false;
  std::size_t at = 0;
  const char32_t first = next_code_point(text, at);
  return u_hasBinaryProperty(static_cast<UChar32>(first), UCHAR_UPPERCASE) && text.substr(at).starts_with('.') &&
         lower_unicode(text.substr(0, at)) == wanted;
}

/// The letter of "B. text" or the first letter A to E that is a word of its own, in capitals; else the plain text.
std::string mvbench_option(const std::string& answer) {
  if (const auto found = Regex::cached(R"((?i)^([A-E])\.\s*(.+)$)").search(std::string(python_strip(answer))))
    return upper_unicode(*found->groups[0]);
  std::string text(python_strip(replace_all(replace_all(answer, "\n", " "), "\t", " ")));
  text = without_punctuation(text, Regex::cached(R"(\d,\d)").search(text).has_value());
  text = lower_unicode(python_strip(python_strip_each(text, "'\")(")));
  if (const auto found = Regex::cached(R"((?i)\b([A-E])\b)").search(text)) return upper_unicode(*found->groups[0]);
  return text;
}

using Match = bool (*)(const std::string& answer, const std::string& gold);

/// Of several answers each is compared; the value is the mean.
Metric metric(const char* name, Match match) {
  return {
      .name = name, .aggregation = "mean", .generation = [match](const GenerationAnswer& answer, const Json&) -> Json {
        double hits = 0;
        for (const auto& prediction : answer.predictions)
          for (const auto& reference : answer.references) hits += match(prediction, reference);
        const auto count = answer.predictions.size() * answer.references.size();
        return count == 0 ? 0.0 : hits / static_cast<double>(count);
      }};
}

const Registration kScienceqa{metric("scienceqa_match", scienceqa_match)};
const Registration kMvbench{metric("mvbench_match", [](const std::string& answer, const std::string& gold) {
  return mvbench_option(answer) == mvbench_option(gold);
})};

}  // namespace
}  // namespace lmms_eval::metrics
