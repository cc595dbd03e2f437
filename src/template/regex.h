#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lmms_eval::tmpl {

/// Python's re.sub(pattern, replacement, text, count), with PCRE2 for the pattern: \1, \g<1> and \g<name> in the
/// replacement; count 0 is all. Compiled patterns are remembered. Thread-safe. Throws Failure.
std::string regex_substitute(const std::string& pattern, std::string_view replacement, std::string_view text,
                             std::int64_t count);

}  // namespace lmms_eval::tmpl
