#pragma once

#include <string>

namespace lmms_eval::metrics {

/// The stem of an English word in lower-case ASCII, by Porter's algorithm with NLTK's extensions.
std::string porter_stem(const std::string& word);

}  // namespace lmms_eval::metrics
