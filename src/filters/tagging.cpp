// regex_pos and format_span: part-of-speech tags and named entities out of an answer. Rules: lm-eval's filters.
#include <array>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

/// The tags of "('word', 'TAG')" pairs, as a list for each response. As in lm-eval, the pattern of the YAML is compiled
/// and not used.
Step regex_pos(const Json& arguments) {
  const Regex unused(text_argument(arguments, "regex_pattern", R"(\['(.*?)'\])"));
  integer_argument(arguments, "group_select", 0);
  const Json fallback = arguments.contains("fallback") && !arguments["fallback"].is_null() ? arguments["fallback"]
                                                                                           : Json::array({"invalid"});
  return for_each_text([fallback](const std::string& answer) -> Json {
    Json tags = Json::array();
    for (const auto& match : Regex::cached(R"(\('([^']*)', '([^']*)'\))").find_all(answer))
      tags.push_back(match.groups[1].value_or(""));
    return tags.empty() ? fallback : tags;
  });
}

constexpr std::array<std::pair<const char*, const char*>, 15> kLabels = {{{"person", "PER"},
                                                                          {"location", "LOC"},
                                                                          {"organization", "ORG"},
                                                                          {"counties", "LOC"},
                                                                          {"places", "LOC"},
                                                                          {"people", "PER"},
                                                                          {"persons", "PER"},
                                                                          {"company", "ORG"},
                                                                          {"country", "LOC"},
                                                                          {"continent", "LOC"},
                                                                          {"time", "DATE"},
                                                                          {"date", "DATE"},
                                                                          {"per", "PER"},
                                                                          {"loc", "LOC"},
                                                                          {"org", "ORG"}}};

/// The labels before colons as PER, LOC, ORG and DATE; "$$" as "$".
std::string with_known_labels(std::string text) {
  for (const auto& [word, label] : kLabels)
    text = Regex::cached(std::string(R"(\b)") + word + R"(\s*:)").replace_all(text, std::string(label) + ":");
  text = replace_all(std::move(text), "$$", "$");
  while (text.ends_with('$')) text.pop_back();
  return text;
}

/// "label: entity $ label: entity", entities called none left out.
std::string format_entities(const std::string& answer) {
  const std::string labelled = with_known_labels(lower_unicode(answer));
  const std::string line(python_strip(replace_all(labelled, "\n", "$")));
  std::vector<std::string> entities;
  for (const auto& match : Regex::cached(R"(\b(PER|LOC|ORG|DATE):\s*([^$]+))").find_all(line))
    for (const auto& part : split(match.groups[1].value_or(""), ','))
      if (const auto entity = python_strip(part); lower_unicode(entity) != "none")
        entities.push_back(to_lower(match.groups[0].value_or("")) + ": " + std::string(entity));
  return join(entities, " $ ");
}

Step format_span(const Json&) {
  return for_each_text([](const std::string& answer) -> Json { return format_entities(answer); });
}

const Registration kRegexPos{Filter{"regex_pos", {"regex_pattern", "group_select", "fallback"}, regex_pos}};
const Registration kFormatSpan{Filter{"format_span", {}, format_span}};

}  // namespace
}  // namespace lmms_eval::filters
