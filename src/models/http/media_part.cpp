#include "models/http/media_part.h"

#include <zlib.h>

#include <cstdlib>

#include "base/base64.h"
#include "base/errors.h"
#include "base/key_values.h"
#include "base/text.h"
#include "media/image.h"

namespace lmms_eval::http {
namespace {

std::string_view env(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string encoded(const MediaRef& image, const ImageEncoding& encoding) {
  const media::Image pixels = media::decode_rgb(image.bytes(), image.reference());
  switch (encoding.format) {
    case ImageEncoding::Format::png:
      return media::encode_png(pixels);
    case ImageEncoding::Format::jpeg:
      return media::encode_jpeg(pixels, encoding.quality);
    case ImageEncoding::Format::webp:
      return media::encode_webp(pixels, encoding.quality);
  }
  throw errors::internal("unknown image format");
}

std::string_view format_name(ImageEncoding::Format format) {
  switch (format) {
    case ImageEncoding::Format::png:
      return "png";
    case ImageEncoding::Format::jpeg:
      return "jpeg";
    case ImageEncoding::Format::webp:
      return "webp";
  }
  return "png";
}

bool starts_with(std::string_view text, std::string_view start, std::size_t at = 0) {
  return text.size() >= at + start.size() && text.substr(at, start.size()) == start;
}

}  // namespace

ImageEncoding ImageEncoding::from_environment() {
  ImageEncoding encoding;
  const std::string format = to_lower(trim(env("LMMS_IMAGE_ENCODE_FORMAT")));
  if (format == "jpeg" || format == "jpg")
    encoding.format = Format::jpeg;
  else if (format == "webp")
    encoding.format = Format::webp;
  else if (!format.empty() && format != "png")
    throw errors::usage("LMMS_IMAGE_ENCODE_FORMAT={}: must be PNG, JPEG or WEBP", format);
  if (const auto quality = trim(env("LMMS_IMAGE_JPEG_QUALITY")); !quality.empty()) {
    const auto value = python_float(quality);
    if (!value || *value < 1 || *value > 100 || *value != static_cast<int>(*value))
      throw errors::usage("LMMS_IMAGE_JPEG_QUALITY={}: must be an integer from 1 to 100", quality);
    encoding.quality = static_cast<int>(*value);
  }
  return encoding;
}

std::string ImageEncoding::describe() const {
  std::string text(format_name(format));
  return format == Format::png ? text : text + fmt::format(" q{}", quality);
}

bool is_whole_png(std::string_view bytes) {
  std::size_t at = 8;  // behind the signature
  while (at + 12 <= bytes.size()) {
    const std::uint32_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - 12) return false;
    const std::string_view checked = bytes.substr(at + 4, length + 4);
    const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
    if (sum != big_endian(bytes, at + 8 + length)) return false;
    if (starts_with(checked, "IEND")) return true;
    at += 12 + length;
  }
  return false;
}

std::string image_data_url(const MediaRef& image, const ImageEncoding& encoding) {
  std::string url = fmt::format("data:image/{};base64,", format_name(encoding.format));
  const std::string_view bytes = image.bytes();
  if (encoding.format == ImageEncoding::Format::png && media::image_format(bytes) == "png" && is_whole_png(bytes)) {
    media::probe_image(bytes, image.reference());
    return url += base64_encode(bytes);
  }
  return url += base64_encode(encoded(image, encoding));
}

std::string_view audio_format(std::string_view bytes, std::string_view name) {
  if (starts_with(bytes, "RIFF") && starts_with(bytes, "WAVE", 8)) return "wav";
  if (starts_with(bytes, "ID3")) return "mp3";
  if (starts_with(bytes, "fLaC")) return "flac";
  if (starts_with(bytes, "OggS")) return "ogg";
  if (starts_with(bytes, "ftyp", 4)) return "m4a";
  const std::string lower = to_lower(name);
  for (const std::string_view ending : {"wav", "mp3", "flac", "ogg", "m4a"}) {
    if (lower.size() > ending.size() && lower[lower.size() - ending.size() - 1] == '.' &&
        std::string_view(lower).substr(lower.size() - ending.size()) == ending)
      return ending;
  }
  // An MPEG frame without a tag: eleven bits set.
  if (bytes.size() > 2 && static_cast<unsigned char>(bytes[0]) == 0xFF &&
      (static_cast<unsigned char>(bytes[1]) & 0xE0) == 0xE0)
    return "mp3";
  return "";
}

}  // namespace lmms_eval::http
