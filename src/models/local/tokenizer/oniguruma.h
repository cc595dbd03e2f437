#pragma once

#include <string>
#include <string_view>

namespace lmms_eval::local::tokenization {

/// The same regular expression in PCRE2's syntax, for PCRE2_UTF | PCRE2_UCP and newline "\n".
///
/// tokenizers compiles expressions with Oniguruma in its Ruby-like syntax over Unicode 16. What the two understand
/// differently is rewritten: \s \d \w \h and their negations, \b, ^ and $ (always at lines), (?m) (dot matches
/// newline), {,n}, {n,m}+, \v (vertical tab), \uHHHH, POSIX brackets, and \p{...} with the characters that PCRE2's
/// tables do not have yet. What has no counterpart (class intersections, nested classes, absent operators,
/// conditionals) throws Error{model} that says what and at which byte; `where` names the field.
///
/// Known limits: script names (\p{Han} ...) know Unicode 14 only, and so does \P{..} inside brackets.
std::string oniguruma_to_pcre2(std::string_view expression, const std::string& where);

}  // namespace lmms_eval::local::tokenization
