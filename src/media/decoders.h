#pragma once

#include <string_view>

#include "base/errors.h"
#include "media/image.h"

// One decoder a format, behind decode_rgb; a probe gives the size alone. All give RGB, check the size and throw
// Error{data}.
namespace lmms_eval::media {

Image decode_png(std::string_view bytes, std::string_view name);
Image probe_png(std::string_view bytes, std::string_view name);
Image decode_jpeg(std::string_view bytes, std::string_view name);
Image probe_jpeg(std::string_view bytes, std::string_view name);
Image decode_webp(std::string_view bytes, std::string_view name);
Image probe_webp(std::string_view bytes, std::string_view name);

/// Throws for a picture so large that it is taken for a decompression bomb: Pillow's limit for an error, 178,956,970
/// pixels.
void check_size(std::string_view name, std::uint64_t width, std::uint64_t height);

/// What errors call a picture: its name, or "picture" if it has none.
std::string_view shown_name(std::string_view name);

inline Error undecodable(std::string_view name, std::string_view format, std::string_view reason) {
  return errors::data("{}: cannot decode this {}: {}", shown_name(name), format, reason);
}

}  // namespace lmms_eval::media
