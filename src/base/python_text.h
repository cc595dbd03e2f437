#pragma once

#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Python's str.isspace of one character.
LMMS_EVAL_API bool is_python_space(char32_t c);
/// Python's str.strip() and str.rstrip(): Unicode white space at the ends goes. Bytes that are no UTF-8 stay.
LMMS_EVAL_API std::string_view python_strip(std::string_view utf8);
LMMS_EVAL_API std::string_view python_rstrip(std::string_view utf8);

/// Python's str.strip(c) for each of these ASCII characters in turn.
LMMS_EVAL_API std::string_view python_strip_each(std::string_view text, std::string_view characters);

/// Python's str.split(): what stands between runs of Unicode white space.
LMMS_EVAL_API std::vector<std::string_view> python_split(std::string_view utf8);

}  // namespace lmms_eval
