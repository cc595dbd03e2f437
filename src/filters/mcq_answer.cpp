// mcq_answer: the letter of free text by the format in which it stands. Rules: lmms-eval's _task_utils/mcq_extract.py.
#include <unicode/uchar.h>

#include <array>

#include "base/python_text.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "filters/letters.h"

namespace lmms_eval::filters {
namespace {

constexpr std::array<std::u32string_view, 27> kPhrases = {U"the answer is",
                                                          U"answer is",
                                                          U"the correct answer is",
                                                          U"correct answer is",
                                                          U"the best answer is",
                                                          U"best answer is",
                                                          U"the correct option is",
                                                          U"correct option is",
                                                          U"the best option is",
                                                          U"best option is",
                                                          U"the choice is",
                                                          U"choice is",
                                                          U"the correct choice is",
                                                          U"correct choice is",
                                                          U"i choose",
                                                          U"i select",
                                                          U"i pick",
                                                          U"my answer is",
                                                          U"my choice is",
                                                          U"옵션",
                                                          U"정답은",
                                                          U"답은",
                                                          U"답:",
                                                          U"答案是",
                                                          U"答案为",
                                                          U"选",
                                                          U"答えは"};

// How much a format says about which letter is meant.
enum Priority {
  fallback = 0,
  space = 2,
  right_paren = 3,
  colon = 4,
  period = 5,
  parentheses = 6,
  phrase = 7,
  end = 9,
  start = 10
};

bool is_alpha(char32_t c) { return (U_MASK(u_charType(static_cast<UChar32>(c))) & U_GC_L_MASK) != 0; }

/// The best candidate so far: the first of those with the highest priority, and in it the last place.
class Best {
 public:
  void offer(std::size_t letter, std::size_t position, Priority priority) {
    if (letter_ && (priority < priority_ || (priority == priority_ && position <= position_))) return;
    letter_ = letter;
    position_ = position;
    priority_ = priority;
  }
  std::optional<std::size_t> letter() const { return letter_; }

 private:
  std::optional<std::size_t> letter_;
  std::size_t position_ = 0;
  Priority priority_ = fallback;
};

std::u32string_view strip_spaces(std::u32string_view text) {
  while (!text.empty() && is_python_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_python_space(text.back())) text.remove_suffix(1);
  return text;
}

std::u32string padded(std::u32string_view answer) {
  std::u32string_view text = answer;
  for (const char32_t c : std::u32string_view(U",.!?;:'\"")) {
    while (!text.empty() && text.front() == c) text.remove_prefix(1);
    while (!text.empty() && text.back() == c) text.remove_suffix(1);
  }
  return U" " + std::u32string(text) + U" ";
}

std::u32string lower(const std::u32string& text) {
  std::string utf8;
  for (const char32_t c : text) append_utf8(utf8, c);
  return utf8_to_utf32(lower_unicode(utf8));
}

void offer_marked(Best& best, const std::u32string& text, const std::vector<std::u32string>& letters) {
  const auto offer = [&](std::u32string_view before, std::u32string_view after, Priority priority) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const std::u32string marked = std::u32string(before) + letters[i] + std::u32string(after);
      if (const auto at = text.rfind(marked); at != text.npos) best.offer(i, at, priority);
    }
  };
  offer(U"(", U")", parentheses);
  offer(U"", U".", period);
  offer(U"", U":", colon);
  offer(U"", U")", right_paren);
  offer(U"", U" ", space);
}

void offer_after_phrases(Best& best, const std::u32string& text, const std::vector<std::u32string>& letters) {
  const std::u32string lowered = lower(text);
  for (const auto& words : kPhrases) {
    const auto found = lowered.find(words);
    if (found == lowered.npos) continue;
    for (std::size_t i = 0; i < letters.size(); ++i)
      if (const auto at = text.find(letters[i], found + words.size()); at != text.npos) best.offer(i, at, phrase);
  }
}

void offer_ends(Best& best, const std::u32string& text, const std::vector<std::u32string>& letters) {
  const auto bare = strip_spaces(text);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (bare.starts_with(letters[i]) && (bare.size() == 1 || !is_alpha(bare[1]))) best.offer(i, 0, start);
    if (bare.ends_with(letters[i]) && (bare.size() == 1 || !is_alpha(bare[bare.size() - 2])))
      best.offer(i, text.size() - 1, end);
  }
}

std::optional<std::string> mcq_answer(const std::string& answer, const std::vector<Option>& options) {
  const std::u32string whole = utf8_to_utf32(answer);
  const auto bare = strip_spaces(whole);
  if (bare.empty()) return std::nullopt;
  std::vector<std::u32string> letters;
  for (const auto& [letter, text] : options) letters.push_back(utf8_to_utf32(letter));
  const std::u32string text = padded(bare);
  Best best;
  offer_marked(best, text, letters);
  offer_after_phrases(best, text, letters);
  offer_ends(best, text, letters);
  if (!best.letter())
    for (std::size_t i = 0; i < letters.size(); ++i)
      if (const auto at = text.rfind(letters[i]); at != text.npos) best.offer(i, at, fallback);
  return best.letter() ? std::optional(options[*best.letter()].first) : std::nullopt;
}

const LetterFilter kRegistration{"mcq_answer", "ABCDEFGH", mcq_answer};

}  // namespace
}  // namespace lmms_eval::filters
