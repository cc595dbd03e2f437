#include "metrics/bleu_tokenizer.h"
#include "base/python_text.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_stop(char c) { return c == '.' || c == ','; }

/// ASCII punctuation but for ' , - .
bool stands_alone(char c) {
  return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
         (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/// Where a pair of characters stands, puts blanks: "xy" becomes before + x + between + y + after. Pairs do not overlap.
template <typename Text, typename Is>
Text spaced(const Text& text, Is is_pair, bool before, bool after) {
  Text result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !is_pair(text[i], text[i + 1])) {
      result += text[i];
      continue;
    }
    if (before) result += ' ';
    result += text[i];
    result += ' ';
    result += text[++i];
    if (after) result += ' ';
  }
  return result;
}

/// The rules for Western languages that 13a and zh share.
std::string western(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool alone = stands_alone(c);
    if (alone) result += ' ';
    result += c;
    if (alone) result += ' ';
  }
  result = spaced(
      result, [](char a, char b) { return !is_digit(a) && is_stop(b); }, false, true);
  result = spaced(
      result, [](char a, char b) { return is_stop(a) && !is_digit(b); }, true, false);
  return spaced(
      result, [](char a, char b) { return is_digit(a) && b == '-'; }, false, true);
}

std::string thirteen_a(std::string_view text) {
  std::string line = replace_all(std::string(text), "<skipped>", "");
  line = replace_all(replace_all(std::move(line), "-\n", ""), "\n", " ");
  line = replace_all(replace_all(std::move(line), "&quot;", "\""), "&amp;", "&");
  line = replace_all(replace_all(std::move(line), "&lt;", "<"), "&gt;", ">");
  return western(' ' + line + ' ');
}

enum class Kind { number, punctuation, symbol, other };

Kind kind_of(char32_t c) {
  const auto mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  if (mask & U_GC_N_MASK) return Kind::number;
  if (mask & U_GC_P_MASK) return Kind::punctuation;
  return mask & U_GC_S_MASK ? Kind::symbol : Kind::other;
}

/// Punctuation apart from what is no number, and symbols apart.
std::string international(std::string_view text) {
  const auto is = [](char32_t c, Kind kind) { return kind_of(c) == kind; };
  std::u32string line = utf8_to_utf32(text);
  line = spaced(
      line, [&](char32_t a, char32_t b) { return !is(a, Kind::number) && is(b, Kind::punctuation); }, false, true);
  line = spaced(
      line, [&](char32_t a, char32_t b) { return is(a, Kind::punctuation) && !is(b, Kind::number); }, true, false);
  std::u32string result;
  for (const char32_t c : line) {
    const bool symbol = is(c, Kind::symbol);
    if (symbol) result += U' ';
    result += c;
    if (symbol) result += U' ';
  }
  return utf8_of(result);
}

struct Range {
  char32_t first, last;
};

// sacrebleu writes the two ranges beyond the basic plane with five digits after \u, which Python reads as four and a
// digit; [2001, 2a6d] and [2f81, 2fa1] are what its comparisons then take.
constexpr Range kChinese[] = {{0x2001, 0x2a6d}, {0x2e80, 0x2eff}, {0x2f00, 0x2fdf}, {0x2f81, 0x2fa1}, {0x2ff0, 0x2fff},
                              {0x3000, 0x303f}, {0x3100, 0x312f}, {0x31a0, 0x31bf}, {0x31c0, 0x31ef}, {0x3200, 0x33ff},
                              {0x3400, 0x4db5}, {0x4e00, 0x9fbb}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a}, {0xfa70, 0xfad9},
                              {0xfe10, 0xfe1f}, {0xfe30, 0xfe4f}, {0xff00, 0xffef}};

std::string chinese(std::string_view text) {
  std::u32string line;
  for (const char32_t c : utf8_to_utf32(python_strip(text))) {
    const bool alone = std::any_of(std::begin(kChinese), std::end(kChinese),
                                   [&](const Range& range) { return c >= range.first && c <= range.last; });
    if (alone) line += U' ';
    line += c;
    if (alone) line += U' ';
  }
  return western(utf8_of(line));
}

std::string characters(std::string_view text) {
  std::string line;
  for (const char32_t c : utf8_to_utf32(text)) line += utf8_of(c) + ' ';
  return line;
}

}  // namespace

BleuTokenizer bleu_tokenizer(const std::string& name) {
  static const std::vector<std::pair<std::string, BleuTokenizer>> kTokenizers = {
      {"13a", thirteen_a},
      {"intl", international},
      {"zh", chinese},
      {"char", characters},
      {"none", [](std::string_view text) { return std::string(text); }}};
  std::vector<std::string> names;
  for (const auto& [known, tokenizer] : kTokenizers) {
    if (known == name) return tokenizer;
    names.push_back(known);
  }
  throw errors::config("tokenize must be {}, not '{}'", join(names, ", "), name);
}

}  // namespace lmms_eval::metrics
