#include "metrics/words.h"

#include "base/python_text.h"

namespace lmms_eval::metrics {
char32_t first_character(std::string_view utf8, std::size_t& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned char lead = byte(0);
  bytes = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (bytes == 1 || bytes > utf8.size()) {
    bytes = 1;
    return lead;
  }
  char32_t c = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) c = c << 6 | (byte(i) & 0x3fU);
  return c;
}

std::string utf8_of(char32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
}

std::string utf8_of(std::u32string_view text) {
  std::string utf8;
  for (const char32_t c : text) utf8 += utf8_of(c);
  return utf8;
}

std::vector<std::string_view> words_of(std::string_view utf8) {
  std::vector<std::string_view> words;
  std::size_t begin = 0, bytes = 0;
  for (std::size_t at = 0; at < utf8.size(); at += bytes) {
    if (!is_python_space(first_character(utf8.substr(at), bytes))) continue;
    if (at > begin) words.push_back(utf8.substr(begin, at - begin));
    begin = at + bytes;
  }
  if (begin < utf8.size()) words.push_back(utf8.substr(begin));
  return words;
}

std::string joined_words(std::string_view utf8) {
  std::string text;
  for (const auto word : words_of(utf8)) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

std::uint32_t Vocabulary::number(std::string_view word) {
  const auto found = known_.find(word);
  if (found != known_.end()) return found->second;
  return known_.emplace(word, static_cast<std::uint32_t>(known_.size())).first->second;
}

std::vector<std::uint32_t> Vocabulary::numbers(const std::vector<std::string_view>& words) {
  std::vector<std::uint32_t> list;
  for (const auto word : words) list.push_back(number(word));
  return list;
}

}  // namespace lmms_eval::metrics
