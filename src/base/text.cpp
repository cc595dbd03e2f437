#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace lmms_eval {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const auto end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end == text.npos ? end : end - begin));
    if (end == text.npos) return parts;
    begin = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string one_line(std::string_view text, std::size_t max_length) {
  std::string line;
  for (char c : text.substr(0, max_length)) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  if (text.size() > max_length) {
    // Do not end inside a UTF-8 sequence.
    std::size_t back = 0;
    while (back < 4 && back < line.size() && (static_cast<unsigned char>(line[line.size() - 1 - back]) & 0xC0) == 0x80)
      ++back;
    if (back < line.size()) {
      const auto lead = static_cast<unsigned char>(line[line.size() - 1 - back]);
      const std::size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
      if (back < need) line.resize(line.size() - 1 - back);
    }
    line += "...";
  }
  return line;
}

namespace {

/// Levenshtein's distance with swapped neighbours as one mistake, the commonest one of typing.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known,
                                       std::size_t count) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  const std::string lower = to_lower(name);
  for (const auto& candidate : known) {
    const std::string other = to_lower(candidate);
    std::size_t distance = edit_distance(lower, other);
    const bool contains = lower.size() >= 3 &&
                          (other.find(lower) != other.npos || (other.size() >= 3 && lower.find(other) != lower.npos));
    if (distance > std::max<std::size_t>(1, lower.size() / 3) && !contains) continue;
    if (contains) distance = std::min<std::size_t>(distance, 2);
    ranked.emplace_back(distance, candidate);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (const auto& [distance, candidate] : ranked)
    if (names.size() < count && std::find(names.begin(), names.end(), candidate) == names.end())
      names.push_back(candidate);
  return names;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const auto names = nearest_names(name, known, 2);
  if (names.empty()) return {};
  return fmt::format("; did you mean '{}'?", join(names, "' or '"));
}

bool matches_pattern(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (std::size_t skip = 0; skip <= name.size(); ++skip)
      if (matches_pattern(name.substr(skip), pattern.substr(1))) return true;
    return false;
  }
  if (name.empty()) return false;
  if (pattern[0] == '?') return matches_pattern(name.substr(1), pattern.substr(1));
  if (pattern[0] == '[') {
    std::size_t i = 1;
    const bool negate = i < pattern.size() && pattern[i] == '!';
    if (negate) ++i;
    const std::size_t close = pattern.find(']', i + 1);
    if (close != pattern.npos) {
      bool found = false;
      for (; i < close; ++i) {
        if (i + 2 < close && pattern[i + 1] == '-') {
          found |= pattern[i] <= name[0] && name[0] <= pattern[i + 2];
          i += 2;
        } else {
          found |= pattern[i] == name[0];
        }
      }
      return found != negate && matches_pattern(name.substr(1), pattern.substr(close + 1));
    }
  }
  return pattern[0] == name[0] && matches_pattern(name.substr(1), pattern.substr(1));
}

std::size_t count_code_points(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string without_numbers(std::string_view reason) {
  std::string text;
  for (std::size_t i = 0; i < reason.size();) {
    const std::size_t digits = std::min(reason.find_first_not_of("0123456789", i), reason.size()) - i;
    if (digits == 0)
      text += reason[i++];
    else
      text += text.ends_with("HTTP ") ? reason.substr(i, digits) : std::string_view("#");
    i += digits;
  }
  return text;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

}  // namespace lmms_eval
