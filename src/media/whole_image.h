#pragma once

#include <string_view>

#include "base/errors.h"
#include "media/image.h"

namespace lmms_eval::media {

/// Throws Error{internal} unless the picture has a size, 1, 3 or 4 channels, and data for all of its pixels. `deed`:
/// what was to be done with it ("resized").
inline void require_whole(const Image& image, std::string_view deed) {
  const bool channels_known = image.channels == 1 || image.channels == 3 || image.channels == 4;
  if (channels_known && image.width > 0 && image.height > 0 &&
      image.data.size() == static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) *
                               static_cast<std::size_t>(image.channels))
    return;
  throw errors::internal("a picture of {}x{} with {} channels in {} bytes cannot be {}", image.width, image.height,
                         image.channels, image.data.size(), deed);
}

}  // namespace lmms_eval::media
