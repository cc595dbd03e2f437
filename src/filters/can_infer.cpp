// mmbench_letter and hrbench_letter: the letter among the words of an answer, else the one option whose text occurs in
// it. Rules: can_infer of these benchmarks in lmms-eval.
#include <algorithm>
#include <array>

#include "base/python_text.h"
#include "base/regex.h"
#include "filters/letters.h"

namespace lmms_eval::filters {
namespace {

using Words = std::vector<std::string_view>;

bool has_word(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The one letter that is a word with this before and after it; nothing if there are several, or none.
std::optional<std::string> only_letter(const Words& words, const std::vector<std::string>& letters,
                                       const std::string& before, const std::string& after) {
  std::optional<std::string> only;
  for (const auto& letter : letters) {
    if (!has_word(words, before + letter + after)) continue;
    if (only) return std::nullopt;
    only = letter;
  }
  return only;
}

std::optional<std::string> only_option_text(const std::string& answer, const std::vector<Option>& options) {
  const std::string lowered = lower_unicode(answer);
  std::optional<std::string> only;
  for (const auto& [letter, text] : options) {
    if (lowered.find(lower_unicode(text)) == lowered.npos) continue;
    if (only) return std::nullopt;
    only = letter;
  }
  return only;
}

constexpr std::string_view kApiFailure = "Failed to obtain answer via API";

std::optional<std::string> mmbench_letter(const std::string& answer, const std::vector<Option>& options) {
  static const std::vector<std::string> kLetters = {"A", "B", "C", "D", "E"};
  static const std::array<std::pair<const char*, const char*>, 12> kMarks = {{{"", "."},
                                                                              {"", ","},
                                                                              {"", ":"},
                                                                              {"", ")"},
                                                                              {"", ")."},
                                                                              {"(", ")"},
                                                                              {"(", ")."},
                                                                              {":", ""},
                                                                              {":", ","},
                                                                              {":", "."},
                                                                              {":", ")"},
                                                                              {":", ")."}}};
  if (answer.find(kApiFailure) == answer.npos) {
    const Words words = python_split(answer);
    const bool may_be_article = has_word(words, "A") && words.size() > 3;
    if (const auto letter = only_letter(words, kLetters, "", ""); letter && !may_be_article) return letter;
    for (const auto& [before, after] : kMarks)
      if (const auto letter = only_letter(words, kLetters, before, after)) return letter;
  }
  return only_option_text(answer, options);
}

std::optional<std::string> hrbench_letter(const std::string& answer, const std::vector<Option>& options) {
  if (answer.find(kApiFailure) != answer.npos) return only_option_text(answer, options);
  for (const char* refusal : {"Sorry, I can't help with images of people yet.", "I can't process this file.",
                              "I'm sorry, but without the image provided", "Cannot determine the answer"})
    if (answer.find(refusal) != answer.npos) return "Z";
  std::string spaced = answer;
  for (char& c : spaced)
    if (std::string_view(".()[],:;!*#{}").find(c) != std::string_view::npos) c = ' ';
  const Words words = python_split(spaced);
  std::vector<std::string> letters;
  for (const auto& option : options) letters.push_back(option.first);
  if (const auto letter = only_letter(words, letters, "", "")) return letter;
  const bool none =
      std::none_of(letters.begin(), letters.end(), [&](const std::string& letter) { return has_word(words, letter); });
  if (none && has_word(words, "Z")) return "Z";
  return only_option_text(answer, options);
}

/// Options that a doc does not have are none; lmms-eval knows four.
std::vector<Option> with_text(std::vector<Option> options) {
  std::erase_if(options, [](const Option& option) { return option.second.empty(); });
  return options;
}

const LetterFilter kMmbench{"mmbench_letter", "ABCD",
                            [](const std::string& answer, const std::vector<Option>& options) {
                              return mmbench_letter(answer, with_text(options));
                            }};
const LetterFilter kHrbench{"hrbench_letter", "", hrbench_letter};

}  // namespace
}  // namespace lmms_eval::filters
