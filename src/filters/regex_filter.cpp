#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

/// re.findall, match number `group_select` (-1: the last); of a match with groups the first one that is not empty.
Step regex(const Json& arguments) {
  const std::string pattern = text_argument(arguments, "regex_pattern", R"(#### (\-?[0-9\.\,]+))");
  const auto select = integer_argument(arguments, "group_select", 0);
  const std::string fallback = text_argument(arguments, "fallback", "[invalid]");
  auto expression = std::make_shared<Regex>(pattern);
  return for_each_text([expression, select, fallback, pattern](const std::string& text) -> Json {
    const auto matches = expression->find_all(text);
    if (matches.empty()) return fallback;
    const auto count = static_cast<std::int64_t>(matches.size());
    const std::int64_t index = select < 0 ? count + select : select;
    if (index < 0 || index >= count)
      throw errors::data("regex filter '{}': group_select {} of {} matches in '{}'", pattern, select, count,
                         one_line(text, 80));
    const auto& match = matches[static_cast<std::size_t>(index)];
    if (match.groups.empty()) return std::string(trim(text.substr(match.begin, match.end - match.begin)));
    if (match.groups.size() == 1) return std::string(trim(match.groups[0].value_or("")));
    for (const auto& group : match.groups)
      if (group && !group->empty()) return std::string(trim(*group));
    return fallback;
  });
}

const Registration kRegistration{Filter{"regex", {"regex_pattern", "group_select", "fallback"}, regex}};

}  // namespace
}  // namespace lmms_eval::filters
