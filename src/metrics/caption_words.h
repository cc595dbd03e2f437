#pragma once

#include <string>

namespace lmms_eval::metrics {

/// The words of an image caption as caption metrics count them: lower case, contractions and punctuation cut off as in
/// the Penn Treebank, without the punctuation.
std::string caption_words(const std::string& caption);

}  // namespace lmms_eval::metrics
