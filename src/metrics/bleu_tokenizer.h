#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval::metrics {

/// A text with blanks between what BLEU takes for words.
using BleuTokenizer = std::function<std::string(std::string_view text)>;

/// sacrebleu's 13a, intl, zh, char, none. Throws Error{config} for another name.
BleuTokenizer bleu_tokenizer(const std::string& name);

}  // namespace lmms_eval::metrics
