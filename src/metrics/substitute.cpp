#include "metrics/substitute.h"

namespace lmms_eval::metrics {

std::string substitute(const std::string& pattern, const std::string& text,
                       const std::function<std::string(const Regex::Match&)>& replacement) {
  const auto matches = Regex::cached(pattern).find_all(text);
  if (matches.empty()) return text;
  std::string result;
  std::size_t from = 0;
  for (const auto& match : matches) {
    result.append(text, from, match.begin - from);
    result += replacement(match);
    from = match.end;
  }
  return result.append(text, from);
}

std::string substitute(const std::string& pattern, const std::string& text, std::string_view replacement) {
  return substitute(pattern, text, [&](const Regex::Match& match) {
    std::string result;
    for (std::size_t i = 0; i < replacement.size(); ++i) {
      const bool group = replacement[i] == '\\' && i + 1 < replacement.size();
      if (group)
        result += match.groups[static_cast<std::size_t>(replacement[++i] - '1')].value_or("");
      else
        result += replacement[i];
    }
    return result;
  });
}

}  // namespace lmms_eval::metrics
