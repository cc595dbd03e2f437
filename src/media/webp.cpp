// WebP by libwebp. Alpha is dropped, not blended. Of an animation the first frame is taken, on a black canvas, which is
// what Pillow's convert("RGB") leaves of it.
#include <webp/decode.h>

#include <cstring>

#include "media/decoders.h"

namespace lmms_eval::media {
namespace {

const std::uint8_t* start_of(std::string_view bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

WebPBitstreamFeatures features_of(std::string_view bytes, std::string_view name) {
  WebPBitstreamFeatures features;
  const auto status = WebPGetFeatures(start_of(bytes), bytes.size(), &features);
  if (status == VP8_STATUS_OK) return features;
  throw undecodable(name, "WebP",
                    status == VP8_STATUS_NOT_ENOUGH_DATA ? "the file is truncated" : "its header is broken");
}

/// A black RGB picture.
Image canvas(int width, int height, std::string_view name) {
  check_size(name, static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));
  Image image{width, height, 3, {}};
  image.data.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  return image;
}

Image decode_still(std::string_view bytes, std::string_view name, const WebPBitstreamFeatures& features) {
  Image image = canvas(features.width, features.height, name);
  if (!WebPDecodeRGBInto(start_of(bytes), bytes.size(), image.data.data(), image.data.size(), image.width * 3))
    throw undecodable(name, "WebP", "the file is truncated or broken");
  return image;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// The content of the first chunk ANMF.
std::string_view first_frame(std::string_view bytes, std::string_view name) {
  constexpr std::size_t kRiffHeader = 12, kChunkHeader = 8;
  std::size_t at = kRiffHeader;
  while (at + kChunkHeader <= bytes.size()) {
    const std::size_t length = little_endian(bytes, at + 4, 4);
    if (bytes.size() - at - kChunkHeader < length) break;
    if (bytes.substr(at, 4) == "ANMF") return bytes.substr(at + kChunkHeader, length);
    at += kChunkHeader + length + length % 2;
  }
  throw undecodable(name, "WebP", "the file is truncated before its first frame");
}

/// A frame: left / 2, top / 2, width - 1, height - 1 and the duration in 24 bits each, flags, then a picture without
/// RIFF header.
Image decode_first_frame(std::string_view bytes, std::string_view name, const WebPBitstreamFeatures& features) {
  constexpr std::size_t kFrameHeader = 16;
  const auto frame = first_frame(bytes, name);
  if (frame.size() < kFrameHeader) throw undecodable(name, "WebP", "its first frame is empty");
  const std::size_t left = 2 * std::size_t{little_endian(frame, 0, 3)},
                    top = 2 * std::size_t{little_endian(frame, 3, 3)};
  const auto still = frame.substr(kFrameHeader);
  const Image picture = decode_still(still, name, features_of(still, name));
  Image image = canvas(features.width, features.height, name);
  const auto width = static_cast<std::size_t>(image.width), part = static_cast<std::size_t>(picture.width);
  const auto rows = static_cast<std::size_t>(picture.height);
  if (left + part > width || top + rows > static_cast<std::size_t>(image.height))
    throw undecodable(name, "WebP", "its first frame reaches beyond the canvas");
  for (std::size_t y = 0; y < rows; ++y)
    std::memcpy(&image.data[((top + y) * width + left) * 3], &picture.data[y * part * 3], part * 3);
  return image;
}

}  // namespace

Image probe_webp(std::string_view bytes, std::string_view name) {
  const auto features = features_of(bytes, name);
  check_size(name, static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height));
  Image image;
  image.width = features.width;
  image.height = features.height;
  return image;
}

Image decode_webp(std::string_view bytes, std::string_view name) {
  const auto features = features_of(bytes, name);
  return features.has_animation ? decode_first_frame(bytes, name, features) : decode_still(bytes, name, features);
}

}  // namespace lmms_eval::media
