#include "metrics/porter_stemmer.h"

#include <map>
#include <string_view>
#include <vector>

namespace lmms_eval::metrics {
namespace {

using View = std::string_view;

bool is_vowel_letter(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

/// For each letter whether it is a consonant; y is one at the start and after a vowel.
std::vector<bool> consonants(View word) {
  std::vector<bool> flags;
  for (std::size_t i = 0; i < word.size(); ++i)
    flags.push_back(word[i] == 'y' ? i == 0 || !flags[i - 1] : !is_vowel_letter(word[i]));
  return flags;
}

/// How often a consonant follows a vowel.
int measure(View stem) {
  const auto flags = consonants(stem);
  int count = 0;
  for (std::size_t i = 1; i < flags.size(); ++i) count += !flags[i - 1] && flags[i];
  return count;
}

bool has_vowel(View stem) {
  for (const bool consonant : consonants(stem))
    if (!consonant) return true;
  return false;
}

bool ends_in_double_consonant(View word) {
  return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

/// Consonant, vowel, consonant that is not w, x or y (hop, wil); or a word of a vowel and a consonant.
bool ends_short(View word) {
  const auto flags = consonants(word);
  const std::size_t n = word.size();
  if (n == 2) return !flags[0] && flags[1];
  return n > 2 && flags[n - 3] && !flags[n - 2] && flags[n - 1] && word[n - 1] != 'w' && word[n - 1] != 'x' &&
         word[n - 1] != 'y';
}

View without(View word, std::size_t letters) { return word.substr(0, word.size() - letters); }

struct Rule {
  View suffix, replacement;
};

/// Replaces the first suffix that the word has if its stem's measure is above `above`; later ones are not tried.
template <std::size_t n>
std::string replace_suffix(const std::string& word, const Rule (&rules)[n], int above) {
  for (const auto& [suffix, replacement] : rules) {
    if (!View(word).ends_with(suffix)) continue;
    const View stem = without(word, suffix.size());
    if (measure(stem) <= above) return word;
    return std::string(stem) += replacement;
  }
  return word;
}

/// Plurals: caresses, ponies, cats.
std::string step_1a(std::string word) {
  if (word.ends_with("ies")) return word.substr(0, word.size() - (word.size() == 4 ? 1 : 2));
  if (word.ends_with("sses")) return word.substr(0, word.size() - 2);
  if (word.ends_with("s") && !word.ends_with("ss")) word.pop_back();
  return word;
}

/// What is left of a word after -ed and -ing, made a word again: conflat(e), hop(p), fil(e).
std::string mended(std::string stem) {
  if (stem.ends_with("at") || stem.ends_with("bl") || stem.ends_with("iz")) return stem + "e";
  if (ends_in_double_consonant(stem)) {
    if (stem.back() != 'l' && stem.back() != 's' && stem.back() != 'z') stem.pop_back();
    return stem;
  }
  return measure(stem) == 1 && ends_short(stem) ? stem + "e" : stem;
}

std::string step_1b(const std::string& word) {
  if (word.ends_with("ied")) return word.substr(0, word.size() - (word.size() == 4 ? 1 : 2));
  if (word.ends_with("eed")) return measure(without(word, 3)) > 0 ? word.substr(0, word.size() - 1) : word;
  for (const View suffix : {View("ed"), View("ing")})
    if (word.ends_with(suffix) && has_vowel(without(word, suffix.size())))
      return mended(std::string(without(word, suffix.size())));
  return word;
}

/// y after a consonant becomes i (happy, but not enjoy or by).
std::string step_1c(std::string word) {
  if (!word.ends_with('y')) return word;
  const View stem = without(word, 1);
  if (stem.size() > 1 && consonants(stem).back()) word.back() = 'i';
  return word;
}

std::string step_2(const std::string& word) {
  if (word.ends_with("alli") && measure(without(word, 4)) > 0) return step_2(word.substr(0, word.size() - 2));
  static constexpr Rule kRules[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},
                                    {"izer", "ize"},    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"},
                                    {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                                    {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"},
                                    {"ousness", "ous"}, {"aliti", "al"},    {"iviti", "ive"},   {"biliti", "ble"},
                                    {"fulli", "ful"}};
  // The l of logi counts with the stem, so that geology is treated as archaeology is.
  if (word.ends_with("logi")) return measure(without(word, 3)) > 0 ? word.substr(0, word.size() - 1) : word;
  return replace_suffix(word, kRules, 0);
}

std::string step_3(const std::string& word) {
  static constexpr Rule kRules[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
                                    {"ical", "ic"},  {"ful", ""},   {"ness", ""}};
  return replace_suffix(word, kRules, 0);
}

std::string step_4(const std::string& word) {
  static constexpr View kSuffixes[] = {"al",  "ance", "ence", "er",  "ic",  "able", "ible", "ant", "ement", "ment",
                                       "ent", "ion",  "ou",   "ism", "ate", "iti",  "ous",  "ive", "ize"};
  for (const View suffix : kSuffixes) {
    if (!word.ends_with(suffix)) continue;
    const View stem = without(word, suffix.size());
    const bool fits = suffix != "ion" || (!stem.empty() && (stem.back() == 's' || stem.back() == 't'));
    return measure(stem) > 1 && fits ? std::string(stem) : word;
  }
  return word;
}

/// A final e, and one of two final l.
std::string step_5(std::string word) {
  if (word.ends_with('e')) {
    const View stem = without(word, 1);
    if (measure(stem) > 1 || (measure(stem) == 1 && !ends_short(stem))) word.pop_back();
  }
  if (word.ends_with("ll") && measure(without(word, 1)) > 1) word.pop_back();
  return word;
}

}  // namespace

std::string porter_stem(const std::string& word) {
  static const std::map<std::string, std::string> kIrregular = {
      {"sky", "sky"},        {"skies", "sky"},       {"dying", "die"},        {"lying", "lie"},
      {"tying", "tie"},      {"news", "news"},       {"innings", "inning"},   {"inning", "inning"},
      {"outings", "outing"}, {"outing", "outing"},   {"cannings", "canning"}, {"canning", "canning"},
      {"howe", "howe"},      {"proceed", "proceed"}, {"exceed", "exceed"},    {"succeed", "succeed"}};
  if (const auto found = kIrregular.find(word); found != kIrregular.end()) return found->second;
  if (word.size() <= 2) return word;
  return step_5(step_4(step_3(step_2(step_1c(step_1b(step_1a(word)))))));
}

}  // namespace lmms_eval::metrics
