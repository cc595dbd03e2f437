#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lmms_eval {

/// A quoted scalar as PyYAML reads it: how lines are folded and which escapes there are.
///
/// yaml-cpp folds the empty lines before a closing quote otherwise, and reads `\_` and `\N` as single bytes.
/// `at` is where the node begins in the text of the file (valid UTF-8): at the quote, or at a tag or anchor before it.
/// Nothing for a scalar without quotes. Throws Error{config} (without a place) for an escape that does not exist and
/// for a text without an end.
std::optional<std::string> yaml_quoted_scalar(std::string_view yaml, std::size_t at);

}  // namespace lmms_eval
