#pragma once

#include <string>

namespace lmms_eval::metrics {

/// OpenAI's Whisper normalizer of English transcripts: no fillers, brackets or diacritics, contractions in full,
/// numbers in digits, American spelling.
std::string whisper_english(const std::string& text);

/// The one for other languages: lower case, no brackets, marks, symbols or punctuation.
std::string whisper_basic(const std::string& text);

}  // namespace lmms_eval::metrics
