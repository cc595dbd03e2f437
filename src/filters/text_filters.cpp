// remove_whitespace, lowercase, uppercase, map, strip_thinking.
#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

/// lm-eval strips both ends; lmms-eval drops one space at the beginning.
Step remove_whitespace(const Json& arguments) {
  if (boolean_argument(arguments, "both_ends"))
    return for_each_text([](const std::string& text) -> Json { return std::string(python_strip(text)); });
  return for_each_text([](const std::string& text) -> Json { return text.starts_with(' ') ? text.substr(1) : text; });
}

Step lowercase(const Json&) {
  return for_each_text([](const std::string& text) -> Json { return lower_unicode(text); });
}

Step uppercase(const Json&) {
  return for_each_text([](const std::string& text) -> Json { return upper_unicode(text); });
}

Step map(const Json& arguments) {
  const Json mapping = arguments.contains("mapping_dict") ? arguments["mapping_dict"] : Json::object();
  if (!mapping.is_object()) throw errors::config("mapping_dict must be a map");
  const Json otherwise = arguments.contains("default_value") ? arguments["default_value"] : Json();
  return for_each_text([mapping, otherwise](const std::string& text) {
    return mapping.contains(text) ? Json(mapping[text]) : otherwise;
  });
}

Step strip_thinking(const Json& arguments) {
  TagPairs pairs = {{"<think>", "</think>"}, {"<thinking>", "</thinking>"}};
  if (arguments.contains("tag_pairs") && !arguments["tag_pairs"].empty())
    pairs = tag_pairs(arguments["tag_pairs"], "tag_pairs");
  return for_each_text([pairs](const std::string& text) -> Json { return strip_tags(text, pairs); });
}

const Registration kRemoveWhitespace{Filter{"remove_whitespace", {"both_ends"}, remove_whitespace}};
const Registration kLowercase{Filter{"lowercase", {}, lowercase}};
const Registration kUppercase{Filter{"uppercase", {}, uppercase}};
const Registration kMap{Filter{"map", {"mapping_dict", "default_value"}, map}};
const Registration kStripThinking{Filter{"strip_thinking", {"tag_pairs"}, strip_thinking}};

}  // namespace

TagPairs tag_pairs(const Json& value, const std::string& what) {
  const auto is_tag = [](const Json& tag) { return tag.is_string() && !tag.get_ref<const std::string&>().empty(); };
  TagPairs pairs;
  if (!value.is_array()) throw errors::config("{} must be a list of [start, end]", what);
  for (const auto& pair : value) {
    if (!pair.is_array() || pair.size() != 2 || !is_tag(pair[0]) || !is_tag(pair[1]))
      throw errors::config("{} must hold pairs of texts [start, end], not {}", what, pair.dump());
    pairs.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  return pairs;
}

std::string strip_tags(std::string text, const TagPairs& pairs) {
  for (const auto& [start, end] : pairs) {
    for (;;) {
      const auto first = text.find(start);
      if (first == text.npos || text.find(end) == text.npos) break;
      const auto last = text.find(end, first);
      if (last == text.npos) break;
      text.erase(first, last + end.size() - first);
    }
    if (const auto last = text.rfind(end); last != text.npos && text.find(start) == text.npos)
      text.erase(0, last + end.size());
  }
  return std::string(python_strip(text));
}

}  // namespace lmms_eval::filters
