#include "filters/letters.h"

#include <algorithm>

#include "base/errors.h"
#include "base/hash.h"
#include "base/python_json.h"
#include "base/python_random.h"
#include "base/text.h"
#include "base/utf8.h"
#include "template/literal.h"
#include "template/operators.h"

namespace lmms_eval::filters {
namespace {

std::vector<std::string> each_character(const std::string& text) {
  std::vector<std::string> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    next_code_point(text, at);
    characters.push_back(text.substr(begin, at - begin));
  }
  return characters;
}

std::string letter_at(std::size_t index) {
  if (index >= 26) throw errors::data("a doc with more than 26 options has no letters for them");
  return std::string(1, static_cast<char>('A' + index));
}

/// A list, or the text of a list as Python or JSON writes it.
Json as_list(const Json& value, const std::string& field) {
  if (value.is_array()) return value;
  if (value.is_string()) {
    if (auto list = tmpl::literal_list(value.get<std::string>())) return *list;
  }
  throw errors::data("its field '{}' is no list of options: {}", field, one_line(value.dump(), 60));
}

}  // namespace

Letters::Letters(const Json& arguments, std::string default_letters)
    : choices_(text_argument(arguments, "choices", "")),
      fallback_(text_argument(arguments, "fallback", "")),
      random_(boolean_argument(arguments, "random_fallback")) {
  const std::string given = text_argument(arguments, "letters", "");
  if (!given.empty() && !choices_.empty()) throw errors::config("takes letters or choices, not both");
  if (choices_.empty()) letters_ = each_character(given.empty() ? default_letters : given);
}

const std::vector<std::string>& Letters::argument_names() {
  static const std::vector<std::string> names = {"letters", "choices", "fallback", "random_fallback"};
  return names;
}

std::vector<Option> Letters::options(const Json& doc) const {
  std::vector<Option> options;
  if (!choices_.empty()) {
    if (!doc.contains(choices_)) throw errors::data("the doc has no field '{}', which holds its options", choices_);
    for (const auto& text : as_list(doc[choices_], choices_))
      options.emplace_back(letter_at(options.size()), tmpl::str(text));
    return options;
  }
  const auto text_of = [&](const std::string& letter) {
    return doc.is_object() && doc.contains(letter) && !doc[letter].is_null() ? tmpl::str(doc[letter]) : std::string();
  };
  for (const auto& letter : letters_) options.emplace_back(letter, text_of(letter));
  if (!letters_.empty()) return options;
  for (std::size_t i = 0; i < 26; ++i)
    if (const std::string letter = letter_at(i); doc.is_object() && doc.contains(letter) && !doc[letter].is_null())
      options.emplace_back(letter, text_of(letter));
  if (options.empty()) throw errors::data("the doc has no fields A, B, C …; say `letters` or `choices`");
  return options;
}

std::vector<std::string> Letters::letters(const Json& doc) const {
  std::vector<std::string> names;
  for (auto& [letter, text] : options(doc)) names.push_back(letter);
  return names;
}

std::string Letters::otherwise(const Json& doc) const {
  if (!random_) return fallback_;
  const auto names = letters(doc);
  const std::string digest = sha256_hex(python_dumps(doc));
  PythonRandom random(static_cast<std::int64_t>(std::stoull(digest.substr(0, 12), nullptr, 16)));
  return names[static_cast<std::size_t>(random.randbelow(names.size()))];
}

LetterFilter::LetterFilter(std::string name, std::string default_letters, Extract extract) {
  register_filter({std::move(name), Letters::argument_names(),
                   [default_letters = std::move(default_letters), extract](const Json& arguments) -> Step {
                     const Letters letters(arguments, default_letters);
                     return [letters, extract](const Json& responses, const Json& doc) {
                       const auto options = letters.options(doc);
                       return for_each_text([&](const std::string& answer) -> Json {
                         const auto found = extract(answer, options);
                         return found && !found->empty() ? *found : letters.otherwise(doc);
                       })(responses, doc);
                     };
                   }});
}

}  // namespace lmms_eval::filters
