#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// The first byte that is not part of valid UTF-8, or the size of `bytes`.
LMMS_EVAL_API std::size_t valid_utf8_prefix(std::string_view bytes);
LMMS_EVAL_API bool is_valid_utf8(std::string_view bytes);
/// Valid UTF-8: each maximal invalid part becomes one U+FFFD, as in Python's errors="replace" and Rust's lossy reading.
LMMS_EVAL_API std::string valid_utf8(std::string_view bytes);

/// "FILE:LINE: byte 0xe9 is not UTF-8; ..." for the first byte that is not; empty if all of the text is UTF-8. The text
/// begins at `first_line` of the file.
LMMS_EVAL_API std::string utf8_problem(const std::string& file, std::string_view text, std::size_t first_line = 1);

LMMS_EVAL_API void append_utf8(std::string& text, char32_t code_point);
/// The code point at byte `at` of valid UTF-8; `at` moves behind it.
LMMS_EVAL_API char32_t next_code_point(std::string_view utf8, std::size_t& at);

}  // namespace lmms_eval
