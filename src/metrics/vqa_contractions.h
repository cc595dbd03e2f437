#pragma once

#include <string_view>

namespace lmms_eval::metrics {

/// The usual form of a contraction written without its apostrophes ("dont" is don't); any other word as it is.
std::string_view vqa_contraction(std::string_view word);

}  // namespace lmms_eval::metrics
