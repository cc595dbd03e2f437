// wer and cer: the edits that make the reference transcripts of the answers, for each word or character of the
// references, over all docs.
#include <unicode/uchar.h>

#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/arguments.h"
#include "metrics/metric.h"
#include "metrics/substitute.h"
#include "metrics/whisper_normalizer.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

std::string normalizer_of(const Json& arguments) {
  const std::string name = text(arguments, "normalizer", "none");
  if (name != "none" && name != "whisper_basic" && name != "whisper_english" && name != "lmms_eval_english")
    throw errors::config("normalizer must be none, whisper_basic, whisper_english or lmms_eval_english, not '{}'",
                         name);
  return name;
}

/// What lmms-eval's speech tasks do before they normalize: special tokens are blanks, no blanks before punctuation.
std::string without_special_tokens(const std::string& text) {
  std::string line = substitute(R"(\s+)", substitute(R"(<\|.*?\|>)", text, " "), " ");
  line = substitute(" ?([!,.?;:])", line, "\\1");
  return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

bool is_punctuation(std::string_view word) {
  for (const char32_t c : utf8_to_utf32(word))
    if (!(U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_P_MASK)) return false;
  return true;
}

std::string normalized(const std::string& text, const std::string& normalizer) {
  if (normalizer == "none") return text;
  if (normalizer == "whisper_basic") return whisper_basic(text);
  if (normalizer == "whisper_english") return whisper_english(text);
  // One after the other, as there.
  std::string line;
  for (const auto& word : split(whisper_basic(whisper_english(without_special_tokens(text))), ' '))
    if (!is_punctuation(word)) line += word + ' ';
  return lower_unicode(line);
}

std::vector<std::uint32_t> units(const std::string& text, bool characters, Vocabulary& vocabulary) {
  if (!characters) return vocabulary.numbers(python_split(text));
  const std::u32string line = utf8_to_utf32(joined_words(text));
  return {line.begin(), line.end()};
}

/// [edits, length of the reference], of the reference with the fewest edits for its length.
Json edits_and_length(const GenerationAnswer& answer, const Json& arguments, bool characters) {
  if (answer.predictions.size() != 1 || answer.references.empty())
    throw errors::data("this metric needs one answer and a target a doc");
  const std::string normalizer = normalizer_of(arguments);
  Vocabulary vocabulary;
  const auto prediction = units(normalized(answer.predictions[0], normalizer), characters, vocabulary);
  double lowest = std::numeric_limits<double>::infinity();
  Json best;
  for (const auto& text : answer.references) {
    const auto reference = units(normalized(text, normalizer), characters, vocabulary);
    const auto edits = edit_distance(prediction, reference);
    const double rate = static_cast<double>(edits) / static_cast<double>(std::max<std::size_t>(1, reference.size()));
    if (rate >= lowest) continue;
    lowest = rate;
    best = Json::array({edits, reference.size()});
  }
  return best;
}

MetricAggregate rate(std::span<const Json> values, const AggregationOptions& options) {
  double edits = 0, length = 0;
  for (const auto& value : values) {
    if (!value.is_array() || value.size() != 2 || !value[0].is_number() || !value[1].is_number())
      throw errors::data("a doc's value is {}; an error rate needs edits and a length", one_line(value.dump(), 80));
    edits += value[0].get<double>();
    length += value[1].get<double>();
  }
  if (length == 0) throw errors::data("the references are empty: there is no error rate");
  MetricAggregate result;
  result.value = edits / length * (flag(options.arguments, "percent") ? 100 : 1);
  return result;
}

Metric rate_metric(const std::string& name, bool characters) {
  return {.name = name,
          .aggregation = name,
          .higher_is_better = false,
          .arguments = {"normalizer", "percent"},
          .check =
              [](const Json& arguments) {
                normalizer_of(arguments);
                flag(arguments, "percent");
              },
          .generation = [characters](const GenerationAnswer& answer,
                                     const Json& arguments) { return edits_and_length(answer, arguments, characters); },
          .all_references = true};
}

const Registration kWerAggregation{Aggregation{"wer", rate}};
const Registration kCerAggregation{Aggregation{"cer", rate}};
const Registration kWer{rate_metric("wer", false)};
const Registration kCer{rate_metric("cer", true)};

}  // namespace
}  // namespace lmms_eval::metrics
