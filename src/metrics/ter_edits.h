#pragma once

#include <cstdint>
#include <vector>

namespace lmms_eval::metrics {

/// The edits that make a reference of a hypothesis: words inserted, deleted and replaced, and blocks of words moved.
/// Found greedily, as Tercom and sacrebleu do: while a move makes the edit distance smaller, the best one is taken.
/// Words are numbers.
std::size_t translation_edits(std::vector<std::uint32_t> hypothesis, const std::vector<std::uint32_t>& reference);

}  // namespace lmms_eval::metrics
