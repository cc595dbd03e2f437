#include "metrics/caption_words.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

using View = std::string_view;

/// Punctuation at the ends of words; brackets become words, the rest is left out.
struct Mark {
  View mark, word;
};

constexpr Mark kMarks[] = {{"(", "-lrb-"}, {")", "-rrb-"}, {"[", "-lsb-"}, {"]", "-rsb-"}, {"{", "-lcb-"},
                           {"}", "-rcb-"}, {"\"", ""},     {"'", ""},      {"`", ""},      {",", ""},
                           {".", ""},      {"!", ""},      {"?", ""},      {";", ""},      {":", ""},
                           {"-", ""},      {"“", ""},      {"”", ""},      {"‘", ""},      {"’", ""},
                           {"…", ""},      {"–", ""},      {"—", ""},      {"$", "$"},     {"%", "%"},
                           {"&", "&"},     {"#", "#"},     {"*", "*"},     {"+", "+"},     {"=", "="}};

/// Words that keep their full stop.
const std::set<View> kAbbreviations = {"mr.",  "mrs.", "ms.",  "dr.",   "st.",   "jr.",  "sr.",   "vs.",  "etc.",
                                       "ft.",  "inc.", "co.",  "corp.", "ltd.",  "ave.", "blvd.", "rd.",  "prof.",
                                       "gen.", "gov.", "sen.", "rep.",  "capt.", "col.", "lt.",   "sgt.", "bros."};

/// a.m., u.s.a.
bool is_acronym(View word) {
  if (word.size() < 4 || word.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < word.size(); i += 2)
    if (word[i] < 'a' || word[i] > 'z' || word[i + 1] != '.') return false;
  return true;
}

bool keeps_its_stop(View word) { return is_acronym(word) || kAbbreviations.contains(word); }

const Mark* mark_at_end(View word) {
  for (const auto& mark : kMarks)
    if (word.ends_with(mark.mark)) return &mark;
  return nullptr;
}

const Mark* mark_at_start(View word) {
  for (const auto& mark : kMarks)
    if (word.starts_with(mark.mark)) return &mark;
  return nullptr;
}

void add(View word, std::vector<std::string>& words) {
  if (!word.empty()) words.emplace_back(word);
}

/// A word as the parts that the treebank tells apart.
void add_parts(View word, std::vector<std::string>& words) {
  static constexpr std::array<std::array<View, 2>, 6> kJoined = {
      {{"can", "not"}, {"gon", "na"}, {"got", "ta"}, {"wan", "na"}, {"gim", "me"}, {"lem", "me"}}};
  static constexpr View kEndings[] = {"n't", "'s", "'m", "'d", "'re", "'ve", "'ll"};
  for (const auto& [first, second] : kJoined) {
    if (word.size() != first.size() + second.size() || !word.starts_with(first) || !word.ends_with(second)) continue;
    add(first, words);
    return add(second, words);
  }
  for (const View ending : kEndings) {
    if (word.size() <= ending.size() || !word.ends_with(ending)) continue;
    add(word.substr(0, word.size() - ending.size()), words);
    return add(ending, words);
  }
  add(word, words);
}

bool starts_with_digit(View word) { return !word.empty() && word[0] >= '0' && word[0] <= '9'; }

/// The mark that a word begins with, unless it belongs to the word: #tag, -5, .5.
const Mark* mark_to_cut(View word) {
  const Mark* mark = mark_at_start(word);
  if (!mark || word.size() == 1) return mark;
  const bool number = starts_with_digit(word.substr(1));
  const bool belongs = word[0] == '#' ? !number : (word[0] == '-' || word[0] == '+' || word[0] == '.') && number;
  return belongs ? nullptr : mark;
}

void add_word(View word, std::vector<std::string>& words) {
  for (const Mark* mark = mark_to_cut(word); mark; mark = mark_to_cut(word)) {
    add(mark->word, words);
    word.remove_prefix(mark->mark.size());
  }
  std::vector<View> after;
  while (!word.empty() && !keeps_its_stop(word)) {
    const Mark* mark = mark_at_end(word);
    if (!mark) break;
    after.push_back(mark->word);
    word.remove_suffix(mark->mark.size());
  }
  add_parts(word, words);
  for (auto at = after.rbegin(); at != after.rend(); ++at) add(*at, words);
}

}  // namespace

std::string caption_words(const std::string& caption) {
  const std::string lower = replace_all(lower_unicode(caption), "’", "'");
  std::vector<std::string> words;
  for (const View word : python_split(lower)) add_word(word, words);
  return join(words, " ");
}

}  // namespace lmms_eval::metrics
