#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace lmms_eval {

/// What PyYAML makes of an unquoted scalar (YAML 1.1): null, booleans (yes, no, on, off, ...), integers (decimal, 0x,
/// 0b, octal with a leading 0, sexagesimal, with underscores), floats (a decimal point is needed, an exponent its
/// sign), else text. Dates stay text.
nlohmann::ordered_json yaml_plain_scalar(const std::string& text);

}  // namespace lmms_eval
