#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filters/filter.h"

namespace lmms_eval::filters {

/// A letter and the text of its option.
using Option = std::pair<std::string, std::string>;

/// Which letters a multiple-choice answer may be, and what becomes of an answer in which none is found.
///
/// Arguments of every extractor of letters:
///   letters          the letters, "ABCD"; or
///   choices          the doc's field with the options: a list of texts, or the text of such a list. Without it, the
///   doc's
///                    fields A, B, C, D … that are not null
///   fallback         the result where no letter is found; "" by default, which is scored as wrong
///   random_fallback  true: a letter drawn as lmms-eval does, by a generator seeded from the doc, so that it is the
///   same in
///                    every run
class Letters {
 public:
  Letters(const Json& arguments, std::string default_letters);

  static const std::vector<std::string>& argument_names();

  /// Throws Error{data} where the doc has no such field.
  std::vector<std::string> letters(const Json& doc) const;
  /// With the texts of the options; those without one have an empty text.
  std::vector<Option> options(const Json& doc) const;
  std::string otherwise(const Json& doc) const;

 private:
  std::vector<std::string> letters_;  // of the argument or of the extractor; empty: from the doc
  std::string choices_;
  std::string fallback_;
  bool random_ = false;
};

/// Registers an extractor of letters: `extract` gets an answer and the options, and gives a letter or nothing.
struct LetterFilter {
  using Extract = std::optional<std::string> (*)(const std::string& answer, const std::vector<Option>& options);
  /// `default_letters` empty: they come from the doc.
  LetterFilter(std::string name, std::string default_letters, Extract extract);
};

}  // namespace lmms_eval::filters
