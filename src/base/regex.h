#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Python's `re` on PCRE2: Unicode classes, `$` before a final newline. Immutable, thread-safe.
class LMMS_EVAL_API Regex {
 public:
  /// Throws Error{config} with the pattern, the place in it and the reason.
  explicit Regex(std::string_view pattern, bool ignore_case = false);
  ~Regex();
  Regex(Regex&&) noexcept;

  /// Compiled once per process.
  static const Regex& cached(const std::string& pattern);

  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<std::optional<std::string>> groups;  ///< from group 1 on
  };
  /// The first match from `from` on. Throws Error{data} when the matcher's limits are spent.
  std::optional<Match> search(std::string_view text, std::size_t from = 0) const;
  /// All matches, not overlapping, as re.finditer.
  std::vector<Match> find_all(std::string_view text) const;
  /// re.sub with a literal replacement.
  std::string replace_all(std::string_view text, std::string_view replacement) const;
  /// re.split of a pattern without groups.
  std::vector<std::string> split(std::string_view text) const;

 private:
  struct State;
  std::optional<Match> search_from(std::string_view text, std::size_t from, bool not_empty_there) const;

  std::unique_ptr<State> state_;
};

/// Python's re.escape.
LMMS_EVAL_API std::string regex_escape(const std::string& text);

/// str.lower() of all of Unicode.
LMMS_EVAL_API std::string lower_unicode(std::string_view utf8);
/// str.upper().
LMMS_EVAL_API std::string upper_unicode(std::string_view utf8);
LMMS_EVAL_API std::u32string utf8_to_utf32(std::string_view utf8);

}  // namespace lmms_eval
