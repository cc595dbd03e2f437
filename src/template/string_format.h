#pragma once

#include <string>
#include <string_view>

#include "template/runtime.h"

namespace lmms_eval::tmpl {

/// Python's str.format: "{} {1} {name.attr[0]!r:>{width}}".
std::string format_fields(Runtime& runtime, std::string_view format, const Arguments& arguments);

}  // namespace lmms_eval::tmpl
