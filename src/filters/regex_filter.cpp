#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

/// re.findall, match number `group_select`.
Step regex(const Json& arguments) {
  const auto select = integer_argument(arguments, "group_select", 0);
  const std::string fallback = text_argument(arguments, "fallback", "[invalid]");
  auto expression = std::make_shared<Regex>(text_argument(arguments, "regex_pattern", kDefaultPattern));
  return for_each_text([expression, select, fallback](const std::string& text) -> Json {
    return pick_match(*expression, text, select).value_or(fallback);
  });
}

const Registration kRegistration{Filter{"regex", {"regex_pattern", "group_select", "fallback"}, regex}};

}  // namespace

std::optional<std::string> pick_match(const Regex& pattern, const std::string& text, std::int64_t select) {
  const auto matches = pattern.find_all(text);
  if (matches.empty()) return std::nullopt;
  const auto count = static_cast<std::int64_t>(matches.size());
  const std::int64_t index = select < 0 ? count + select : select;
  if (index < 0 || index >= count)
    throw errors::data("group_select {} of {} matches in '{}'", select, count, one_line(text, 80));
  const auto& match = matches[static_cast<std::size_t>(index)];
  if (match.groups.empty()) return std::string(python_strip(text.substr(match.begin, match.end - match.begin)));
  if (match.groups.size() == 1) return std::string(python_strip(match.groups[0].value_or("")));
  for (const auto& group : match.groups)
    if (group && !group->empty()) return std::string(python_strip(*group));
  return std::nullopt;
}

}  // namespace lmms_eval::filters
