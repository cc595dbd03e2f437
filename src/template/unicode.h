#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"

namespace lmms_eval::tmpl {

// UTF-8. All but all_ascii require valid text.
bool all_ascii(std::string_view text);
std::vector<char32_t> code_points(std::string_view text);
std::string from_code_points(const std::vector<char32_t>& points);
/// The byte position of the `index`-th code point (the size of the text if there are fewer).
std::size_t byte_offset(std::string_view text, std::size_t index);

// Python's str.is…() for one character.
bool is_space(char32_t c);
bool is_alpha(char32_t c);
bool is_decimal(char32_t c);
bool is_digit(char32_t c);
bool is_numeric(char32_t c);
bool is_alnum(char32_t c);
bool is_printable(char32_t c);
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_title(char32_t c);
bool is_line_break(char32_t c);
bool is_identifier_start(char32_t c);
bool is_identifier_part(char32_t c);

// Python's str.upper() and so on: full case mapping, independent of the locale.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_casefold(std::string_view text);
std::string to_title(std::string_view text);
std::string to_capitalized(std::string_view text);
std::string to_swapped_case(std::string_view text);

/// str.strip(): `characters` null means white space.
std::string_view strip(std::string_view text, const std::string* characters, bool left, bool right);
std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends);
/// The character with this Unicode name; 0 if there is none.
char32_t character_named(const std::string& name);

}  // namespace lmms_eval::tmpl
