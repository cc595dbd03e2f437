// doc_to_target: letter, index, option. doc_to_choice: options, letters.
#include "base/errors.h"
#include "base/python_text.h"
#include "base/text.h"
#include "tasks/functions/option_list.h"
#include "template/operators.h"

namespace lmms_eval::functions {
namespace {

/// The place of an option: a whole number, or a text that holds one.
std::size_t place_of(const DocText& source, std::int64_t first, const Doc& doc) {
  const Json value = source.value(doc);
  std::optional<std::int64_t> number;
  if (value.is_number_integer()) number = value.get<std::int64_t>();
  if (value.is_string()) number = tmpl::parse_int(value.get_ref<const std::string&>(), 10);
  if (!number || *number < first)
    throw errors::data("doc {}: {} is no index of an option (from {} on)", doc.id(), one_line(value.dump(), 60), first);
  return static_cast<std::size_t>(*number - first);
}

/// A letter, also in parentheses or with a dot: "(B)", "B.".
std::string letter_in(const DocText& source, const Doc& doc) {
  const std::string text = source.text(doc);
  std::string letter;
  for (const char c : python_strip(text))
    if (c != '(' && c != ')' && c != '.') letter += c;
  if (letter.size() != 1 || !std::isalpha(static_cast<unsigned char>(letter[0])))
    throw errors::data("doc {}: '{}' is no letter of an option", doc.id(), one_line(text, 60));
  return std::string(1, static_cast<char>(std::toupper(static_cast<unsigned char>(letter[0]))));
}

ValueFunction letter(const Arguments& arguments) {
  return [index = arguments.doc_text("index", "answer"), first = arguments.integer("first").value_or(0)](
             const Doc& doc, const Json&) -> Json { return letter_at(place_of(index, first, doc)); };
}

ValueFunction index(const Arguments& arguments) {
  return [letter = arguments.doc_text("letter", "answer")](const Doc& doc, const Json&) -> Json {
    return letter_in(letter, doc)[0] - 'A';
  };
}

/// The text of the right option, by its letter or its index.
ValueFunction option(const Arguments& arguments) {
  if (arguments.has("letter") == arguments.has("index"))
    throw arguments.wrong(arguments.has("letter") ? "letter" : "option",
                          "needs either `letter` or `index`, which says where the answer is");
  const bool by_letter = arguments.has("letter");
  return [options = OptionList(arguments), by_letter, source = arguments.doc_text(by_letter ? "letter" : "index"),
          first = arguments.integer("first").value_or(0)](const Doc& doc, const Json&) -> Json {
    const auto all = options.of(doc);
    if (!by_letter) {
      const auto place = place_of(source, first, doc);
      if (place < all.size()) return all[place].text;
      throw errors::data("doc {}: its answer is option {}, and it has {}", doc.id(), place + 1, all.size());
    }
    const std::string letter = letter_in(source, doc);
    for (const auto& option : all)
      if (option.letter == letter) return option.text;
    throw errors::data("doc {}: its answer {} is none of its options", doc.id(), letter);
  };
}

template <std::string Option::*part>
ValueFunction list_of(const Arguments& arguments) {
  return [options = OptionList(arguments)](const Doc& doc, const Json&) -> Json {
    Json list = Json::array();
    for (const auto& option : options.of(doc)) list.push_back(option.*part);
    return list;
  };
}

const Registration kLetter{{"letter", {"doc_to_target"}, {{"index", Type::text}, {"first", Type::integer}}, letter}};
const Registration kIndex{{"index", {"doc_to_target"}, {{"letter", Type::text}}, index}};
const Registration kOption{
    {"option",
     {"doc_to_target"},
     OptionList::parameters() +
         std::vector<Parameter>{{"letter", Type::text}, {"index", Type::text}, {"first", Type::integer}},
     option}};
const Registration kOptions{{"options", {"doc_to_choice"}, OptionList::parameters(), list_of<&Option::text>}};
const Registration kLetters{{"letters", {"doc_to_choice"}, OptionList::parameters(), list_of<&Option::letter>}};

}  // namespace
}  // namespace lmms_eval::functions
