#include "base/python_text.h"

namespace lmms_eval {
namespace {

/// The length of the white space at the begin or the end of a text, 0 if there is none. All of it has at most three
/// bytes.
std::size_t space_at(std::string_view utf8, bool at_end) {
  for (std::size_t length = 1; length <= 3 && length <= utf8.size(); ++length) {
    const auto bytes = at_end ? utf8.substr(utf8.size() - length) : utf8.substr(0, length);
    const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(bytes[i])); };
    const bool is_lead = length == 1 ? byte(0) < 0x80 : byte(0) >> (7 - length) == (length == 2 ? 0x6 : 0xE);
    if (!is_lead) continue;
    char32_t c = length == 1 ? byte(0) : byte(0) & (0x7F >> length);
    for (std::size_t i = 1; i < length; ++i) c = c << 6 | (byte(i) & 0x3F);
    return is_python_space(c) ? length : 0;
  }
  return 0;
}

}  // namespace

bool is_python_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view python_rstrip(std::string_view utf8) {
  while (const auto length = space_at(utf8, true)) utf8.remove_suffix(length);
  return utf8;
}

std::string_view python_strip(std::string_view utf8) {
  utf8 = python_rstrip(utf8);
  while (const auto length = space_at(utf8, false)) utf8.remove_prefix(length);
  return utf8;
}

std::string_view python_strip_each(std::string_view text, std::string_view characters) {
  for (const char c : characters) {
    const auto begin = text.find_first_not_of(c);
    if (begin == text.npos) return {};
    text = text.substr(begin, text.find_last_not_of(c) - begin + 1);
  }
  return text;
}

std::vector<std::string_view> python_split(std::string_view utf8) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t space = space_at(utf8.substr(at), false);
    if (space > 0 && at > begin) words.push_back(utf8.substr(begin, at - begin));
    at += space > 0 ? space : 1;
    if (space > 0) begin = at;
  }
  if (begin < utf8.size()) words.push_back(utf8.substr(begin));
  return words;
}

}  // namespace lmms_eval
