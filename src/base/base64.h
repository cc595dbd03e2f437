#pragma once

#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Standard alphabet with padding, one line.
LMMS_EVAL_API std::string base64_encode(std::string_view bytes);
/// Throws Error{data} at a character outside the alphabet or a wrong length.
LMMS_EVAL_API std::string base64_decode(std::string_view text);

}  // namespace lmms_eval
