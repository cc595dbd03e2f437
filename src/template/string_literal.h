#pragma once

#include <string>
#include <string_view>

namespace lmms_eval::tmpl {

/// The value of a string literal's inside: Python's escapes (\n, \x41, \u00e9, \N{BULLET} …). Throws Failure.
std::string unescape_string(std::string_view body);

}  // namespace lmms_eval::tmpl
