#include "metrics/words.h"

#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "base/utf8.h"

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
  std::string utf8;
  append_utf8(utf8, c);
  return utf8;
}

std::string utf8_of(std::u32string_view text) {
  std::string utf8;
  for (const char32_t c : text) append_utf8(utf8, c);
  return utf8;
}

std::string joined_words(std::string_view utf8) {
  std::string text;
  for (const auto word : python_split(utf8)) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string without_punctuation(const std::string& text, bool all_go) {
  constexpr std::size_t kMostStops = 32;  // re.UNICODE, which that program gives for a count
  std::string result = text;
  for (const char mark : std::string_view(";/[]\"{}()=+\\_-><@`,?!")) {
    const std::string alone(1, mark);
    const bool beside_blank = text.find(alone + ' ') != text.npos || text.find(' ' + alone) != text.npos;
    result = replace_all(std::move(result), alone, beside_blank || all_go ? "" : " ");
  }
  std::string kept;
  std::size_t from = 0, stops = 0;
  for (const auto& match : Regex::cached(R"(\.(?!\d))").find_all(result)) {
    if (stops++ == kMostStops) break;
    kept += result.substr(from, match.begin - from);
    from = match.end;
  }
  return kept + result.substr(from);
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
