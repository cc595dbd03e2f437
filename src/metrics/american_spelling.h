#pragma once

#include <string>

namespace lmms_eval::metrics {

/// British spellings replaced by American ones, with one blank between words. REQUIRES lower case.
std::string with_american_spelling(const std::string& text);

}  // namespace lmms_eval::metrics
