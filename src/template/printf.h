#pragma once

#include <string>
#include <string_view>

#include "template/value.h"

namespace lmms_eval::tmpl {

/// `format % arguments`; a tuple gives several arguments, a dict gives them by name. `markup`: texts put in are
/// escaped.
std::string format_percent(std::string_view format, const Value& arguments, bool markup);

/// format(value, spec): Python's format specification mini-language.
std::string format_value(const Value& value, std::string_view spec);

}  // namespace lmms_eval::tmpl
