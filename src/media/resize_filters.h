#pragma once

#include <cstdint>
#include <vector>

#include "media/image.h"

namespace lmms_eval::media {

/// Bits after the point of a weight: 32 less the 8 of a sample and 2 of head-room, as in Pillow's Resample.c.
inline constexpr int kWeightBits = 32 - 8 - 2;

/// What each output position of one axis is made of: `count[i]` input positions from `first[i]` on, weighted by
/// `weights[i * taps ...]` (fixed point, kWeightBits).
struct AxisWeights {
  int taps = 0;  ///< room for weights per output position
  std::vector<int> first;
  std::vector<int> count;
  std::vector<std::int32_t> weights;
};

/// For any filter but nearest. The filter widens when the axis shrinks, so that nothing is skipped.
AxisWeights axis_weights(int in_size, int out_size, Resample filter);

}  // namespace lmms_eval::media
