#pragma once

#include <string>

namespace lmms_eval::metrics {

/// Numbers in English words as digits, as OpenAI's Whisper normalizer writes them: "twenty one million" is 21000000,
/// "one oh one" 101, "twenty first" 21st, "two dollars and seven cents" $2.07, "ten per cent" 10%. REQUIRES lower case.
std::string with_digits(const std::string& text);

}  // namespace lmms_eval::metrics
