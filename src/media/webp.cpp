#include <webp/decode.h>

#include "media/decoders.h"

namespace lmms_eval::media {

Image probe_webp(std::string_view bytes, std::string_view name) {
  WebPBitstreamFeatures features;
  const auto status = WebPGetFeatures(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &features);
  if (status != VP8_STATUS_OK) throw undecodable(name, "WebP", status == VP8_STATUS_NOT_ENOUGH_DATA ? "the file is truncated" : "its header is broken");
  if (features.has_animation) throw undecodable(name, "WebP", "animations are not supported in this version");
  Image image;
  image.width = features.width;
  image.height = features.height;
  return image;
}

Image decode_webp(std::string_view bytes, std::string_view name) {
  Image image = probe_webp(bytes, name);
  check_size(name, static_cast<std::uint64_t>(image.width), static_cast<std::uint64_t>(image.height));
  image.data.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
  if (!WebPDecodeRGBInto(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), image.data.data(), image.data.size(), image.width * 3))
    throw undecodable(name, "WebP", "the file is truncated or broken");
  return image;
}

}  // namespace lmms_eval::media
