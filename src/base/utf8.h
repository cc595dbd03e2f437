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

LMMS_EVAL_API void append_utf8(std::string& text, char32_t code_point);
/// The code point at byte `at` of valid UTF-8; `at` moves behind it.
LMMS_EVAL_API char32_t next_code_point(std::string_view utf8, std::size_t& at);

}  // namespace lmms_eval
