#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>
#include "base/python_text.h"
#include "base/text.h"

namespace lmms_eval::metrics {

/// Words with one blank between them.
std::string joined_words(std::string_view utf8);

/// As VQA's program has it: a mark goes where it stands beside a blank anywhere in the text, and every mark where
/// `all_go`; else it becomes a blank. Full stops go unless a digit follows, the first 32 of them.
std::string without_punctuation(const std::string& text, bool all_go);

/// The first character of a text that is not empty, and its length in bytes; a stray byte stands for itself.
char32_t first_character(std::string_view utf8, std::size_t& bytes);
std::string utf8_of(char32_t c);
std::string utf8_of(std::u32string_view text);

/// Numbers instead of words, so that comparing is cheap; equal words have equal numbers.
class Vocabulary {
 public:
  std::uint32_t number(std::string_view word);
  std::vector<std::uint32_t> numbers(const std::vector<std::string_view>& words);

 private:
  std::map<std::string, std::uint32_t, std::less<>> known_;
};

/// Levenshtein's distance of two sequences.
template <typename Sequence>
std::size_t edit_distance(const Sequence& a, const Sequence& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min(std::min(row[j], row[j - 1]) + 1, substitute);
    }
  }
  return row.back();
}

}  // namespace lmms_eval::metrics
