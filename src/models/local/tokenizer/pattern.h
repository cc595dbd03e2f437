#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval::local::tokenization {

/// A stretch of a text, in bytes.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool match = false;
};

/// What a tokenizer.json looks for in a text: a regular expression in Oniguruma's syntax, a fixed text, or single
/// characters.
///
/// Immutable, thread-safe, cheap to copy. Texts must be valid UTF-8.
class Pattern {
 public:
  /// `where` names the field in errors. Throws Error{model} for an expression that is malformed or not supported.
  static Pattern regex(std::string_view expression, const std::string& where);
  static Pattern literal(std::string text);
  static Pattern characters(bool (*accept)(char32_t));

  /// The text cut in matches and what lies between them, in order. An empty match is an empty span. Throws Error{model}
  /// if the search runs out of its limits.
  std::vector<Span> cut(std::string_view text) const;
  /// The text with every match replaced.
  std::string replace(std::string_view text, std::string_view content) const;

 private:
  class Search;
  explicit Pattern(std::shared_ptr<const Search> search) : search_(std::move(search)) {}
  std::shared_ptr<const Search> search_;

  class RegexSearch;
  class LiteralSearch;
  class CharacterSearch;
};

}  // namespace lmms_eval::local::tokenization
