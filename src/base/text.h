#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Without ASCII white space at both ends.
LMMS_EVAL_API std::string_view trim(std::string_view text);
/// ASCII letters only.
LMMS_EVAL_API std::string to_lower(std::string_view text);
LMMS_EVAL_API std::vector<std::string> split(std::string_view text, char separator);
LMMS_EVAL_API std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// "1 doc", "3 docs": a count and its noun, whose plural is `many` where an s does not make it.
LMMS_EVAL_API std::string counted(std::int64_t count, std::string_view one, std::string_view many = {});
/// Newlines and other control characters as spaces, cut to `max_length` bytes at a character border: fit for a one-line
/// message.
LMMS_EVAL_API std::string one_line(std::string_view text, std::size_t max_length = 300);

/// The names nearest to a misspelt one, best first: " did you mean 'x' or 'y'?" material. Empty when none is near.
LMMS_EVAL_API std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known,
                                                     std::size_t count = 3);
/// "; did you mean 'x'?" for the nearest names, or an empty text.
LMMS_EVAL_API std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

/// Python's fnmatch.fnmatchcase: * ? [seq] [!seq].
LMMS_EVAL_API bool matches_pattern(std::string_view name, std::string_view pattern);

/// Length in Unicode code points of valid UTF-8 (each stray byte counts as one).
LMMS_EVAL_API std::size_t count_code_points(std::string_view utf8);

/// A message without the numbers in it, so that the reason of many docs is one reason whatever doc or size it names; an
/// HTTP status stays.
LMMS_EVAL_API std::string without_numbers(std::string_view reason);

/// Every occurrence of `from`, which is not empty, replaced: Python's str.replace.
LMMS_EVAL_API std::string replace_all(std::string text, std::string_view from, std::string_view to);

}  // namespace lmms_eval
