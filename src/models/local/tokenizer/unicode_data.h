#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace lmms_eval::local::tokenization {

/// Characters as the tokenizers library sees them: Unicode 16. The Unicode tables of the libraries that we link are
/// older (PCRE2 10.42 knows Unicode 14, ICU 72 knows 15), so what was assigned since then is listed here.

/// A run of characters assigned after Unicode 14, all of one general category ("Lo", "Nd" ...).
struct NewRange {
  char32_t first;
  char32_t last;
  std::string_view category;
};
/// Sorted by first character.
std::span<const NewRange> ranges_since_unicode_14();

/// The two-letter general category, "Cn" for unassigned.
std::string_view general_category(char32_t c);

/// Rust's char::is_whitespace, which is Unicode's White_Space.
bool is_white_space(char32_t c);
/// Rust's char::is_numeric: categories Nd, Nl, No.
bool is_numeric(char32_t c);
/// ASCII punctuation (with symbols such as $) and categories P*.
bool is_punctuation(char32_t c);
/// \w of Rust's regex: Alphabetic, M*, Nd, Pc, Join_Control.
bool is_word(char32_t c);
/// Categories M*.
bool is_mark(char32_t c);

/// The code point that ends before byte `at`, which moves to its start.
char32_t previous_code_point(std::string_view text, std::size_t& at);

}  // namespace lmms_eval::local::tokenization
