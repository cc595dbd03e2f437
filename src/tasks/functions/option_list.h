#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/functions/function.h"

namespace lmms_eval::functions {

/// One answer to choose from.
struct Option {
  std::string letter;
  std::string text;
};

/// The options of a multiple-choice doc, from a list column, a text that holds a list (Python or JSON), or several
/// columns (A..E, choice_a..choice_d). Thread-safe.
class OptionList {
 public:
  /// The parameters that a function with options takes.
  static const std::vector<Parameter>& parameters();
  explicit OptionList(const Arguments& arguments);

  /// Throws Error{data} for a doc without the column, or with something else in it.
  std::vector<Option> of(const Doc& doc) const;

 private:
  bool skipped(const Json& value) const;
  std::vector<std::pair<std::string, Json>> all(const Doc& doc) const;

  std::string source_;
  std::optional<DocText> column_;     // one column or template
  std::vector<std::string> columns_;  // else several columns
  std::vector<std::string> skip_;
  bool strips_ = false;
  bool reletters_ = false;
};

/// A, B, … of a place from 0 on. Throws Error{data} beyond Z.
std::string letter_at(std::size_t place);

}  // namespace lmms_eval::functions
