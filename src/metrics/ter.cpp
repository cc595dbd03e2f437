// TER as sacrebleu's corpus_ter computes it.
#include <algorithm>
#include <limits>

#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/arguments.h"
#include "metrics/ter_edits.h"
#include "metrics/translation.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

struct TerOptions {
  bool normalized, no_punct, asian_support, case_sensitive;
};

TerOptions options_of(const Json& arguments) {
  return {flag(arguments, "normalized"), flag(arguments, "no_punct"), flag(arguments, "asian_support"),
          flag(arguments, "case_sensitive")};
}

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_stop(char32_t c) { return c == '.' || c == ','; }

bool stands_alone(char32_t c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/' ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool is_asian_punctuation(char32_t c) {
  static const std::u32string kFullWidth = U"．，？：；！＂（）";
  return c == 0x3001 || c == 0x3002 || (c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301f) ||
         (c >= 0xff61 && c <= 0xff65) || c == 0x30fb || kFullWidth.find(c) != kFullWidth.npos;
}

/// Characters that sacrebleu sets apart one by one. (Its rules for kana never apply, since a blank comes first.)
bool is_asian_word(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x31c0 && c <= 0x31ef) ||
         (c >= 0x2e80 && c <= 0x2eff) || (c >= 0x3200 && c <= 0x3f22) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0xfe30 && c <= 0xfe4f);
}

template <typename Is>
std::u32string apart(const std::u32string& text, Is is) {
  std::u32string result;
  for (const char32_t c : text) {
    const bool alone = is(c);
    if (alone) result += U' ';
    result += c;
    if (alone) result += U' ';
  }
  return result;
}

/// Puts blanks where a pair of characters stands; pairs do not overlap.
template <typename Is>
std::u32string spaced(const std::u32string& text, Is is_pair, bool before, bool after) {
  std::u32string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !is_pair(text[i], text[i + 1])) {
      result += text[i];
      continue;
    }
    if (before) result += U' ';
    result += {text[i], U' ', text[++i]};
    if (after) result += U' ';
  }
  return result;
}

std::u32string western(std::string text) {
  text = replace_all(replace_all(std::move(text), "\n-", ""), "\n", " ");
  text = replace_all(replace_all(std::move(text), "&quot;", "\""), "&amp;", "&");
  text = replace_all(replace_all(std::move(text), "&lt;", "<"), "&gt;", ">");
  std::u32string line = apart(utf8_to_utf32(' ' + text + ' '), stands_alone);
  line = utf8_to_utf32(replace_all(utf8_of(line), "'s ", " 's "));
  line = spaced(
      line, [](char32_t a, char32_t b) { return !is_digit(a) && is_stop(b); }, false, true);
  line = spaced(
      line, [](char32_t a, char32_t b) { return is_stop(a) && !is_digit(b); }, true, false);
  return spaced(
      line, [](char32_t a, char32_t b) { return is_digit(a) && b == '-'; }, false, true);
}

std::string prepared(const std::string& text, const TerOptions& options) {
  std::string line(python_rstrip(text));
  if (!options.case_sensitive) line = lower_unicode(line);
  if (!options.normalized && !options.no_punct) return line;
  std::u32string characters = options.normalized ? western(line) : utf8_to_utf32(line);
  if (options.normalized && options.asian_support)
    characters = apart(characters, [](char32_t c) { return is_asian_word(c) || is_asian_punctuation(c); });
  if (options.no_punct) {
    static const std::u32string kPunctuation = U".,?:;!\"()";
    std::erase_if(characters, [&](char32_t c) {
      return kPunctuation.find(c) != kPunctuation.npos || (options.asian_support && is_asian_punctuation(c));
    });
  }
  return utf8_of(characters);
}

/// The fewest edits over the references, and the references' mean length.
std::vector<double> count(const Segment& segment, const TerOptions& options) {
  Vocabulary vocabulary;
  const std::string text = prepared(segment.hypothesis, options);
  const auto hypothesis = vocabulary.numbers(python_split(text));
  double edits = std::numeric_limits<double>::infinity(), length = 0;
  for (const auto& reference : segment.references) {
    // sacrebleu prepares references twice, which can cut them again.
    const std::string reference_text = prepared(joined_words(prepared(reference, options)), options);
    const auto words = vocabulary.numbers(python_split(reference_text));
    edits = std::min(edits, static_cast<double>(translation_edits(hypothesis, words)));
    length += static_cast<double>(words.size());
  }
  return {edits, length / static_cast<double>(segment.references.size())};
}

double score(const std::vector<double>& sums) {
  if (sums[1] > 0) return 100 * (sums[0] / sums[1]);
  return sums[0] > 0 ? 100.0 : 0.0;
}

MetricAggregate ter(std::span<const Json> values, const AggregationOptions& options) {
  const TerOptions ter = options_of(options.arguments);
  return aggregate_corpus(values, {[&](const Segment& segment) { return count(segment, ter); }, score},
                          options.bootstrap_iters);
}

const Registration kAggregation{Aggregation{"ter", ter}};
const Registration kMetric{Metric{.name = "ter",
                                  .aggregation = "ter",
                                  .higher_is_better = false,
                                  .arguments = {"normalized", "no_punct", "asian_support", "case_sensitive"},
                                  .check = [](const Json& arguments) { options_of(arguments); },
                                  .generation = segment_value,
                                  .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
