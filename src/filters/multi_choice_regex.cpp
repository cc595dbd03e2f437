// multi_choice_regex: the letter of the chosen option, "(B)", found by a pattern, else by the text of a choice, else by
// a letter behind a colon. Rules: lm-eval's filters/extraction.py.
#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

std::string without_punctuation(const std::string& text) {
  const auto from = icu::UnicodeString::fromUTF8(text);
  icu::UnicodeString kept;
  for (std::int32_t at = 0; at < from.length(); at = from.moveIndex32(at, 1))
    if (const UChar32 c = from.char32At(at); !u_ispunct(c)) kept.append(c);
  std::string result;
  return kept.toUTF8String(result);
}

struct Options {
  std::shared_ptr<Regex> pattern;
  std::int64_t select = 0;
  std::string fallback;
  bool ignore_case = false;
  bool ignore_punctuation = false;
  std::vector<std::shared_ptr<Regex>> ignored;

  /// The text as choices are looked for in it.
  std::string loose(std::string text) const {
    for (const auto& expression : ignored) text = expression->replace_all(text, "");
    if (ignore_case) text = lower_unicode(text);
    return ignore_punctuation ? without_punctuation(text) : text;
  }
};

/// What is looked for in the responses about one doc.
struct Choices {
  std::map<std::string, std::string> letter_of_text;
  std::optional<Regex> text;    ///< any of the choices' texts, longer ones first
  std::optional<Regex> letter;  ///< a letter behind a colon

  Choices(const Options& options, const Json& doc) {
    if (!doc.contains("choices") || !doc["choices"].is_array())
      throw errors::data("filter multi_choice_regex: the doc has no list 'choices'");
    std::vector<std::string> patterns, names;
    char next = 'A';
    for (const auto& choice : doc["choices"]) {
      if (!choice.is_string()) throw errors::data("filter multi_choice_regex: choice {} is no text", choice.dump());
      const std::string shown = options.loose(std::string(python_strip(choice.get<std::string>())));
      patterns.push_back(regex_escape(shown));
      letter_of_text[shown] = fmt::format("({})", next);
      names.emplace_back(1, next++);
    }
    std::stable_sort(patterns.begin(), patterns.end(), [](const std::string& a, const std::string& b) {
      return count_code_points(a) > count_code_points(b);
    });
    text.emplace(join(patterns, "|"));
    letter.emplace(fmt::format(":[\\s]*({})", join(names, "|")));
  }
};

std::string choose(const Options& options, const Choices& choices, const std::string& text) {
  if (const auto found = pick_match(*options.pattern, text, options.select); found && !found->empty()) return *found;
  // An empty choice matches everywhere and chooses nothing.
  if (auto found = pick_match(*choices.text, options.loose(text), options.select); found && !found->empty()) {
    const auto letter = choices.letter_of_text.find(*found);
    return letter != choices.letter_of_text.end() ? letter->second : *found;
  }
  if (const auto found = pick_match(*choices.letter, text, options.select); found && !found->empty())
    return fmt::format("({})", *found);
  return options.fallback;
}

Step multi_choice_regex(const Json& arguments) {
  Options options;
  options.pattern = std::make_shared<Regex>(text_argument(arguments, "regex_pattern", kDefaultPattern));
  options.select = integer_argument(arguments, "group_select", 0);
  options.fallback = text_argument(arguments, "fallback", "[invalid]");
  options.ignore_case = boolean_argument(arguments, "ignore_case");
  options.ignore_punctuation = boolean_argument(arguments, "ignore_punctuation");
  if (arguments.contains("regexes_to_ignore") && !arguments["regexes_to_ignore"].is_null()) {
    if (!arguments["regexes_to_ignore"].is_array()) throw errors::config("regexes_to_ignore must be a list of texts");
    for (const auto& expression : arguments["regexes_to_ignore"]) {
      if (!expression.is_string()) throw errors::config("regexes_to_ignore must be a list of texts");
      options.ignored.push_back(std::make_shared<Regex>(expression.get<std::string>()));
    }
  }
  return [options](const Json& responses, const Json& doc) {
    const Choices choices(options, doc);
    return for_each_text([&](const std::string& text) -> Json { return choose(options, choices, text); })(responses,
                                                                                                          doc);
  };
}

const Registration kRegistration{
    Filter{"multi_choice_regex",
           {"regex_pattern", "group_select", "fallback", "ignore_case", "ignore_punctuation", "regexes_to_ignore"},
           multi_choice_regex}};

}  // namespace
}  // namespace lmms_eval::filters
