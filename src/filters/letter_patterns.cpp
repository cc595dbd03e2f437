// Letters found by a pattern or a prefix: leading_letter, answer_letter, option_letter, letter_after_prefix,
// standalone_letter, first_character, first_word, dot_letter.
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "filters/letters.h"

namespace lmms_eval::filters {
namespace {

/// The inside of a character class with all letters.
std::string class_of(const std::vector<Option>& options) {
  std::string letters;
  for (const auto& option : options) letters += regex_escape(option.first);
  return letters;
}

const Regex& pattern(const std::string& before, const std::string& letters, const std::string& after) {
  return Regex::cached(before + "[" + letters + "]" + after);
}

std::optional<std::string> group(const std::optional<Regex::Match>& match, std::size_t number = 0) {
  return match ? match->groups.at(number) : std::nullopt;
}

std::optional<std::string> in_capitals(const std::optional<std::string>& letter) {
  return letter ? std::optional(upper_unicode(*letter)) : std::nullopt;
}

/// The last match that findall finds.
std::optional<std::string> last_group(const Regex& expression, const std::string& text) {
  const auto matches = expression.find_all(text);
  return matches.empty() ? std::nullopt : matches.back().groups.at(0);
}

/// The first letter, brackets and blanks before it passed over: "The answer is B" gives T.
std::optional<std::string> leading_letter(const std::string& answer, const std::vector<Option>& options) {
  const std::string text(python_strip(answer));
  return in_capitals(group(pattern(R"((?i)\A[\(\s]*()", class_of(options), R"()[\)\.\s]*)").search(text)));
}

/// A first line that is the letter, else "answer is L", else the last "(L)", else the leading letter.
std::optional<std::string> answer_letter(const std::string& answer, const std::vector<Option>& options) {
  const std::string text(python_strip(answer)), letters = class_of(options);
  const std::string line(python_strip(text.substr(0, text.find('\n'))));
  if (count_code_points(line) <= 4)
    if (auto found = group(pattern(R"((?i)^\(?()", letters, R"()\)?[\.\s:,)]*$)").search(line)))
      return in_capitals(found);
  if (auto found =
          last_group(pattern(R"((?i)answers?(?:\s+is)?\s*[:\-]?\s*\(?()", letters, R"()\)?(?![A-Za-z]))"), text))
    return in_capitals(found);
  if (auto found = last_group(pattern(R"(\(()", letters, R"()\))"), text)) return in_capitals(found);
  return leading_letter(text, options);
}

/// Five patterns in turn over the text in capitals, then a letter that stands alone in it, then the first character.
std::optional<std::string> option_letter(const std::string& answer, const std::vector<Option>& options) {
  const std::string text = upper_unicode(python_strip(answer)), letters = class_of(options);
  const std::pair<const char*, const char*> kPatterns[] = {
      {"(?i)^(", R"()\s*[\.)\]]*)"},
      {R"((?i)(?:THE\s+)?(?:ANSWER|CHOICE|OPTION)(?:\s+IS)?[\s:]+()", ")"},
      {R"((?i)\(()", R"()\))"},
      {"(?i)(", R"()\s*(?:\.|\)|]))"},
      {R"((?i)(?:^|\s)()", R"()(?:\s|$))"}};
  for (const auto& [before, after] : kPatterns)
    if (auto found = group(pattern(before, letters, after).search(text))) return in_capitals(found);
  const auto all = pattern("", letters, "").find_all(text);
  if (all.size() == 1) return text.substr(all[0].begin, all[0].end - all[0].begin);
  for (const auto& option : options)
    if (text.starts_with(option.first)) return option.first;
  return std::nullopt;
}

/// Without the usual beginnings, wherever they stand.
std::string without_prefixes(const std::string& answer) {
  std::string text(python_strip(answer));
  for (const char* prefix : {"The best answer is", "The correct answer is", "The answer is", "The answer",
                             "The best option is", "The correct option is", "Best answer:", "Best option:"})
    text = replace_all(std::move(text), prefix, "");
  return text;
}

std::optional<std::string> letter_after_prefix(const std::string& answer, const std::vector<Option>& options) {
  return group(pattern("(", class_of(options), ")").search(without_prefixes(answer)));
}

/// The same; without a letter, the first of "(A)", "(B)" … that contains the text, in whatever case.
std::optional<std::string> letter_or_part(const std::string& answer, const std::vector<Option>& options) {
  if (auto found = letter_after_prefix(answer, options)) return found;
  const std::string text = without_prefixes(answer);
  if (python_split(text).size() > 10) return std::nullopt;
  for (const auto& option : options)
    if (to_lower("(" + option.first + ")").find(lower_unicode(text)) != std::string::npos) return option.first;
  return std::nullopt;
}

/// A letter that is a word of its own.
std::optional<std::string> standalone_letter(const std::string& answer, const std::vector<Option>& options) {
  return group(pattern(R"(\b()", class_of(options), R"()\b)").search(std::string(python_strip(answer))));
}

Step first_character(const Json&) {
  return for_each_text([](const std::string& answer) -> Json {
    const std::string text(python_strip(answer));
    const auto first = Regex::cached("(?s).").search(text);
    return first ? text.substr(0, first->end) : text;
  });
}

/// What stands before the first blank, without full stops at its end.
Step first_word(const Json&) {
  return for_each_text([](const std::string& answer) -> Json {
    std::string word = answer.substr(0, answer.find(' '));
    while (word.ends_with('.')) word.pop_back();
    return std::string(python_strip(word));
  });
}

/// The letter of "A. text"; anything else stays as it is.
Step dot_letter(const Json&) {
  return for_each_text([](const std::string& answer) -> Json {
    const auto found = Regex::cached(R"(\A\s*([A-Z])\.)").search(answer);
    return found ? *found->groups[0] : answer;
  });
}

const LetterFilter kLeading{"leading_letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", leading_letter};
const LetterFilter kAnswer{"answer_letter", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", answer_letter};
const LetterFilter kOption{"option_letter", "ABCD", option_letter};
const LetterFilter kAfterPrefix{"letter_after_prefix", "ABCDE", letter_after_prefix};
const LetterFilter kOrPart{"letter_or_part", "ABCDE", letter_or_part};
const LetterFilter kStandalone{"standalone_letter", "ABCD", standalone_letter};
const Registration kFirstCharacter{Filter{"first_character", {}, first_character}};
const Registration kFirstWord{Filter{"first_word", {}, first_word}};
const Registration kDotLetter{Filter{"dot_letter", {}, dot_letter}};

}  // namespace
}  // namespace lmms_eval::filters
