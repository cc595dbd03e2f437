#pragma once

#include <cstdint>
#include <string>

#include "media/image.h"

namespace lmms_eval::media::testing {

/// Fixed noise.
inline Image noise(int width, int height, int channels, std::uint32_t seed = 1) {
  Image image{width, height, channels, {}};
  for (std::size_t i = 0; i < static_cast<std::size_t>(width) * height * channels; ++i) {
    seed = seed * 1664525 + 1013904223;
    image.data.push_back(static_cast<std::uint8_t>(seed >> 24));
  }
  return image;
}

/// A smooth ramp, which lossy formats keep well.
inline Image ramp(int width, int height, int channels) {
  Image image{width, height, channels, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) image.data.push_back(static_cast<std::uint8_t>((x * 2 + y + 40 * c) % 256));
  return image;
}

}  // namespace lmms_eval::media::testing
