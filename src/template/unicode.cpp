#include "template/unicode.h"

#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include <algorithm>

#include "base/python_text.h"

namespace lmms_eval::tmpl {
namespace {

using byte = unsigned char;

using CaseMapping = int32_t (*)(UChar*, int32_t, const UChar*, int32_t, UErrorCode*);

std::string map_case(std::string_view text, CaseMapping mapping) {
  UErrorCode status = U_ZERO_ERROR;
  std::vector<UChar> source(text.size() + 1);
  int32_t source_length = 0;
  u_strFromUTF8(source.data(), static_cast<int32_t>(source.size()), &source_length, text.data(),
                static_cast<int32_t>(text.size()), &status);
  std::vector<UChar> target(static_cast<std::size_t>(source_length) * 3 + 8);
  const auto target_length =
      mapping(target.data(), static_cast<int32_t>(target.size()), source.data(), source_length, &status);
  std::string result(static_cast<std::size_t>(target_length) * 3 + 1, '\0');
  int32_t size = 0;
  u_strToUTF8(result.data(), static_cast<int32_t>(result.size()), &size, target.data(), target_length, &status);
  if (U_FAILURE(status)) return std::string(text);
  result.resize(static_cast<std::size_t>(size));
  return result;
}

int32_t upper_mapping(UChar* to, int32_t size, const UChar* from, int32_t length, UErrorCode* status) {
  return u_strToUpper(to, size, from, length, "", status);
}

int32_t lower_mapping(UChar* to, int32_t size, const UChar* from, int32_t length, UErrorCode* status) {
  return u_strToLower(to, size, from, length, "", status);
}

int32_t fold_mapping(UChar* to, int32_t size, const UChar* from, int32_t length, UErrorCode* status) {
  return u_strFoldCase(to, size, from, length, U_FOLD_CASE_DEFAULT, status);
}

bool is_cased(char32_t c) { return is_upper(c) || is_lower(c) || is_title(c); }

std::string title_of(std::string_view character) {
  if (character.size() == 1) return to_upper(character);
  std::size_t at = 0;
  const auto c = next_code_point(character, at);
  const auto titled = static_cast<char32_t>(u_totitle(static_cast<UChar32>(c)));
  if (titled == c) {
    // characters with a special mapping of several letters, such as ß → Ss
    auto upper = to_upper(character);
    if (count_code_points(upper) < 2) return upper;
    std::size_t first = 0;
    next_code_point(upper, first);
    return upper.substr(0, first) + to_lower(std::string_view(upper).substr(first));
  }
  std::string result;
  append_utf8(result, titled);
  return result;
}

template <char kFirst, char kLast>
std::string shift_ascii(std::string_view text) {
  std::string result(text);
  for (auto& c : result) {
    if (c >= kFirst && c <= kLast) c = static_cast<char>(c ^ 0x20);
  }
  return result;
}

}  // namespace

bool all_ascii(std::string_view text) {
  // without an early end, so that the compiler can take many bytes at once
  byte bits = 0;
  for (const char c : text) bits |= static_cast<byte>(c);
  return bits < 0x80;
}

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) points.push_back(next_code_point(text, at));
  return points;
}

std::string from_code_points(const std::vector<char32_t>& points) {
  std::string text;
  text.reserve(points.size());
  for (const auto c : points) append_utf8(text, c);
  return text;
}

std::size_t byte_offset(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  while (index > 0 && at < text.size()) {
    ++at;
    while (at < text.size() && (static_cast<byte>(text[at]) & 0xC0) == 0x80) ++at;
    --index;
  }
  return at;
}

bool is_space(char32_t c) { return is_python_space(c); }

bool is_line_break(char32_t c) {
  return (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool is_alpha(char32_t c) { return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_L_MASK) != 0; }

bool is_decimal(char32_t c) {
  return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE) == U_NT_DECIMAL;
}

bool is_digit(char32_t c) {
  const auto type = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE);
  return type == U_NT_DECIMAL || type == U_NT_DIGIT;
}

bool is_numeric(char32_t c) { return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE) != U_NT_NONE; }

bool is_alnum(char32_t c) { return is_alpha(c) || is_numeric(c); }

bool is_printable(char32_t c) {
  if (c == ' ') return true;
  constexpr auto kHidden = U_GC_C_MASK | U_GC_Z_MASK;
  return (U_MASK(u_charType(static_cast<UChar32>(c))) & kHidden) == 0;
}

bool is_upper(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_UPPERCASE) != 0; }
bool is_lower(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_LOWERCASE) != 0; }
bool is_title(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_TITLECASE_LETTER; }

bool is_identifier_start(char32_t c) {
  if (c < 0x80) return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_XID_START) != 0;
}

bool is_identifier_part(char32_t c) {
  if (c < 0x80) return is_identifier_start(c) || (c >= '0' && c <= '9');
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_XID_CONTINUE) != 0;
}

std::string to_upper(std::string_view text) {
  return all_ascii(text) ? shift_ascii<'a', 'z'>(text) : map_case(text, upper_mapping);
}

std::string to_lower(std::string_view text) {
  return all_ascii(text) ? shift_ascii<'A', 'Z'>(text) : map_case(text, lower_mapping);
}

std::string to_casefold(std::string_view text) {
  return all_ascii(text) ? shift_ascii<'A', 'Z'>(text) : map_case(text, fold_mapping);
}

std::string to_title(std::string_view text) {
  // Lowered as a whole first, so that a final sigma is found.
  std::string result;
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    std::size_t first = 0;
    next_code_point(word, first);
    result += title_of(std::string_view(word).substr(0, first));
    auto lowered = to_lower(word);
    std::size_t skip = 0;
    auto head = to_lower(std::string_view(word).substr(0, first));
    skip = std::min(head.size(), lowered.size());
    result += lowered.substr(skip);
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto c = next_code_point(text, at);
    if (is_cased(c)) {
      word.append(text.substr(begin, at - begin));
    } else {
      flush();
      result.append(text.substr(begin, at - begin));
    }
  }
  flush();
  return result;
}

std::string to_capitalized(std::string_view text) {
  if (text.empty()) return {};
  std::size_t first = 0;
  next_code_point(text, first);
  return title_of(text.substr(0, first)) + to_lower(text.substr(first));
}

std::string to_swapped_case(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto c = next_code_point(text, at);
    const auto character = text.substr(begin, at - begin);
    result += is_upper(c) ? to_lower(character) : is_lower(c) ? to_upper(character) : std::string(character);
  }
  return result;
}

std::string_view strip(std::string_view text, const std::string* characters, bool left, bool right) {
  const auto unwanted = characters == nullptr ? std::vector<char32_t>{} : code_points(*characters);
  const auto strips = [&](char32_t c) {
    return characters == nullptr ? is_space(c) : std::find(unwanted.begin(), unwanted.end(), c) != unwanted.end();
  };
  while (left && !text.empty()) {
    std::size_t at = 0;
    if (!strips(next_code_point(text, at))) break;
    text.remove_prefix(at);
  }
  while (right && !text.empty()) {
    auto begin = text.size() - 1;
    while (begin > 0 && (static_cast<byte>(text[begin]) & 0xC0) == 0x80) --begin;
    auto at = begin;
    if (!strips(next_code_point(text, at))) break;
    text = text.substr(0, begin);
  }
  return text;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = at;
    const auto c = next_code_point(text, at);
    if (!is_line_break(c)) continue;
    if (c == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.push_back(text.substr(begin, (keep_ends ? at : end) - begin));
    begin = at;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

char32_t character_named(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  const auto c = u_charFromName(U_EXTENDED_CHAR_NAME, name.c_str(), &status);
  return U_FAILURE(status) ? 0 : static_cast<char32_t>(c);
}

}  // namespace lmms_eval::tmpl
