#pragma once

#include <string_view>

namespace lmms_eval::local {

/// Python's str.rstrip() and str.strip(): Unicode white space.
std::string_view python_rstrip(std::string_view text);
std::string_view python_strip(std::string_view text);

}  // namespace lmms_eval::local
