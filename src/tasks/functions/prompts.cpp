// doc_to_text: question, multiple_choice, question_with_letters, question_with_suffix; and by_value, which picks a
// function by a value of the doc.
#include <algorithm>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/text.h"
#include "tasks/functions/option_list.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::functions {
namespace {

/// The question with what stands before and after it.
class Question {
 public:
  static const std::vector<Parameter>& parameters() {
    static const std::vector<Parameter> kParameters = {{"question", Type::text},           {"strip", Type::boolean},
                                                       {"capitalize", Type::boolean},      {"remove", Type::texts},
                                                       {"pre_prompt", Type::text},         {"post_prompt", Type::text},
                                                       {"remove_if_prompted", Type::texts}};
    return kParameters;
  }

  explicit Question(const Arguments& arguments)
      : pre_prompt(arguments.text("pre_prompt")),
        post_prompt(arguments.text("post_prompt")),
        question_(arguments.doc_text("question", "question")),
        strips_(arguments.flag("strip")),
        capitalizes_(arguments.flag("capitalize")),
        remove_(arguments.texts("remove")),
        remove_if_prompted_(arguments.texts("remove_if_prompted")) {
    if (pre_prompt.empty() && post_prompt.empty()) remove_if_prompted_.clear();
  }

  std::string text(const Doc& doc, const Json& more) const {
    std::string text = without(question_.text(doc, more), remove_);
    if (strips_) text = python_strip(text);
    text = without(std::move(text), remove_if_prompted_);
    return capitalizes_ ? tmpl::to_capitalized(text) : text;
  }

  std::string pre_prompt, post_prompt;

 private:
  static std::string without(std::string text, const std::vector<std::string>& unwanted) {
    for (const auto& piece : unwanted)
      if (!piece.empty()) text = tmpl::replace_all(text, piece, "", -1);
    return text;
  }

  DocText question_;
  bool strips_, capitalizes_;
  std::vector<std::string> remove_, remove_if_prompted_;
};

ValueFunction question(const Arguments& arguments) {
  return [question = Question(arguments)](const Doc& doc, const Json& more) -> Json {
    return question.pre_prompt + question.text(doc, more) + question.post_prompt;
  };
}

/// How an option is written: "A. " with the letter in the place of A, then the option's text.
class LetterStyle {
 public:
  explicit LetterStyle(const Arguments& arguments) {
    const std::string style = arguments.text("letter_style", "A. ");
    if (style.empty()) return;
    const auto at = style.find('A');
    if (at == style.npos || style.find('A', at + 1) != style.npos)
      throw arguments.wrong("letter_style", "'" + style + "' must hold one A, like '(A) ', or be empty for no letters");
    shown_ = true;
    before_ = style.substr(0, at);
    after_ = style.substr(at + 1);
  }
  std::string line(const Option& option) const {
    return shown_ ? before_ + option.letter + after_ + option.text : option.text;
  }

 private:
  bool shown_ = false;
  std::string before_, after_;
};

std::vector<std::string> letters_of(const std::vector<Option>& options) {
  std::vector<std::string> letters;
  for (const auto& option : options) letters.push_back(option.letter);
  return letters;
}

/// Every option begins with its letter and a dot already.
bool lettered(const std::vector<Option>& options) {
  return std::all_of(options.begin(), options.end(),
                     [](const Option& option) { return option.text.starts_with(option.letter + "."); });
}

ValueFunction multiple_choice(const Arguments& arguments) {
  const std::string standard = "{{question}}\n{{options}}";
  return [question = Question(arguments), options = OptionList(arguments), style = LetterStyle(arguments),
          separator = arguments.text("separator", "\n"), unless_lettered = arguments.flag("unless_lettered"),
          layout = arguments.doc_text_of(arguments.text("template", standard), "template")](const Doc& doc,
                                                                                            const Json& more) -> Json {
    const auto all = options.of(doc);
    const bool as_they_are = unless_lettered && lettered(all);
    std::vector<std::string> lines;
    for (const auto& option : all) lines.push_back(as_they_are ? option.text : style.line(option));
    Json variables = more.is_object() ? more : Json::object();
    variables["question"] = question.text(doc, more);
    variables["options"] = join(lines, separator);
    variables["letters"] = letters_of(all);
    return question.pre_prompt + layout.text(doc, variables) + question.post_prompt;
  };
}

/// Python's str.format with one argument, {} or {letters}.
std::string with_letters(const std::string& text, const std::string& letters) {
  return tmpl::replace_all(tmpl::replace_all(text, "{}", letters, -1), "{letters}", letters, -1);
}

ValueFunction question_with_letters(const Arguments& arguments) {
  return [question = Question(arguments), options = OptionList(arguments), between = arguments.text("between"),
          separator = arguments.text("letter_separator", ", ")](const Doc& doc, const Json& more) -> Json {
    const std::string letters = join(letters_of(options.of(doc)), separator);
    return with_letters(question.pre_prompt, letters) + between + question.text(doc, more) +
           with_letters(question.post_prompt, letters);
  };
}

/// What stands in a map for a value of the doc. Keys are texts, so values are compared as Python prints them.
[[noreturn]] void no_case(const Doc& doc, const std::string& value, const std::string& parameter) {
  throw errors::data("doc {}: '{}' is not among its {}, and there is no `otherwise`", doc.id(), one_line(value, 60),
                     parameter);
}

ValueFunction question_with_suffix(const Arguments& arguments) {
  std::map<std::string, std::string> suffixes;
  for (const auto& [value, suffix] : arguments["suffixes"].items()) {
    if (!suffix.is_string()) throw arguments.wrong("suffixes", "must map values to texts");
    suffixes[value] = suffix.get<std::string>();
  }
  std::optional<std::string> otherwise;
  if (arguments.has("otherwise")) otherwise = arguments.text("otherwise");
  return [question = Question(arguments), by = arguments.doc_text("by"), suffixes, otherwise](
             const Doc& doc, const Json& more) -> Json {
    const std::string value = by.text(doc, more);
    const auto suffix = suffixes.find(value);
    if (suffix == suffixes.end() && !otherwise) no_case(doc, value, "suffixes");
    return question.pre_prompt + question.text(doc, more) + question.post_prompt +
           (suffix == suffixes.end() ? *otherwise : suffix->second);
  };
}

/// A function, or a text: a column or template.
ValueFunction case_of(const Arguments& arguments, const Json& value, const std::string& parameter,
                      const std::string& pointer) {
  if (value.is_object()) return make_value(arguments.context(), arguments.field(), value, pointer);
  if (!value.is_string()) throw arguments.wrong(parameter, "must be a text or a map with `function`");
  return [text = arguments.doc_text_of(value.get<std::string>(), parameter)](const Doc& doc, const Json& more) {
    return text.value(doc, more);
  };
}

ValueFunction by_value(const Arguments& arguments) {
  std::map<std::string, ValueFunction> cases;
  for (const auto& [value, item] : arguments["cases"].items())
    cases[value] = case_of(arguments, item, "cases", arguments.pointer("cases") + "/" + pointer_part(value));
  ValueFunction otherwise;
  if (arguments.has("otherwise"))
    otherwise = case_of(arguments, arguments["otherwise"], "otherwise", arguments.pointer("otherwise"));
  return [by = arguments.doc_text("by"), cases, otherwise](const Doc& doc, const Json& more) -> Json {
    const std::string value = by.text(doc, more);
    const auto found = cases.find(value);
    if (found != cases.end()) return found->second(doc, more);
    if (!otherwise) no_case(doc, value, "cases");
    return otherwise(doc, more);
  };
}

const std::vector<std::string> kText = {"doc_to_text"};
const Registration kQuestion{{"question", kText, Question::parameters(), question}};
const Registration kMultipleChoice{{"multiple_choice", kText,
                                    Question::parameters() + OptionList::parameters() +
                                        std::vector<Parameter>{{"letter_style", Type::text},
                                                               {"separator", Type::text},
                                                               {"unless_lettered", Type::boolean},
                                                               {"template", Type::text}},
                                    multiple_choice}};
const Registration kLetters{{"question_with_letters", kText,
                             Question::parameters() + OptionList::parameters() +
                                 std::vector<Parameter>{{"between", Type::text}, {"letter_separator", Type::text}},
                             question_with_letters}};
const Registration kSuffix{
    {"question_with_suffix", kText,
     Question::parameters() +
         std::vector<Parameter>{{"by", Type::text, true}, {"suffixes", Type::map, true}, {"otherwise", Type::text}},
     question_with_suffix}};
const Registration kByValue{{"by_value",
                             {"doc_to_text", "doc_to_target", "doc_to_choice"},
                             {{"by", Type::text, true}, {"cases", Type::map, true}, {"otherwise", Type::any}},
                             by_value}};

}  // namespace
}  // namespace lmms_eval::functions
