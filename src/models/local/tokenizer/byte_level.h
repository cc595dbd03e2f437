#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lmms_eval::local::tokenization {

/// GPT-2's way to write any byte as a visible character: printable Latin-1 stands for itself, the other 68 bytes for
/// U+0100 and up. Appends the UTF-8 of those characters.
void append_byte_level(std::string& out, std::string_view bytes);

/// The bytes that a text of such characters stands for; nothing if it has any other character.
std::optional<std::string> bytes_of_byte_level(std::string_view text);

/// GPT-2's own expression for words, in Oniguruma's syntax.
extern const std::string_view kByteLevelWords;

}  // namespace lmms_eval::local::tokenization
