#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/regex.h"

namespace lmms_eval::metrics {

/// Python's re.sub with a function that makes the replacement of a match. Patterns are compiled once per process.
std::string substitute(const std::string& pattern, const std::string& text,
                       const std::function<std::string(const Regex::Match&)>& replacement);
/// With \1 to \9 in the replacement standing for the groups.
std::string substitute(const std::string& pattern, const std::string& text, std::string_view replacement);

}  // namespace lmms_eval::metrics
