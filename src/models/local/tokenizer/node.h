#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/errors.h"
#include "models/local/tokenizer/pieces.h"

namespace lmms_eval::local::tokenization {

/// A value of tokenizer.json together with its place ("…/tokenizer.json: pre_tokenizer.pretokenizers[1]"), for errors
/// that can be found in the file. Look-ups throw Error{model} when a field is missing or of another type.
class Node {
 public:
  Node(const nlohmann::json& value, std::string where) : value_(&value), where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  const nlohmann::json& value() const { return *value_; }
  bool is_null() const { return value_->is_null(); }
  /// A null node if the field is absent.
  Node at(const std::string& key) const;

  /// The value itself as text.
  const std::string& as_text() const;
  const std::string& text(const std::string& key) const { return at(key).as_text(); }
  std::string text(const std::string& key, const std::string& fallback) const;
  bool flag(const std::string& key) const;
  bool flag(const std::string& key, bool fallback) const;
  std::int64_t integer(const std::string& key) const;
  /// A text of exactly one character.
  char32_t character(const std::string& key) const;
  /// The elements of a list.
  std::vector<Node> items(const std::string& key) const;

  /// {"String": ...} or {"Regex": ...}
  Pattern pattern(const std::string& key) const;
  SplitBehavior behavior(const std::string& key) const;

  [[noreturn]] void wrong_type(std::string_view wanted) const;
  /// "type 'X' of a … is not supported (supported: …)"
  [[noreturn]] void unsupported_type(std::string_view supported) const;

 private:
  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace lmms_eval::local::tokenization
