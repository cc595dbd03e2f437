#include "base/errors.h"
#include "media/decoders.h"

namespace lmms_eval::media {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxPixels = 2 * std::uint64_t{89478485};

[[noreturn]] void refuse(std::string_view bytes, std::string_view name, std::string_view format) {
  if (bytes.empty()) throw errors::data("{}: the picture has no bytes", shown_name(name));
  if (format.empty()) throw errors::data("{}: not a picture of a known format (PNG, JPEG, WebP)", shown_name(name));
  throw errors::data("{}: {} pictures cannot be decoded in this version; convert it to PNG, JPEG or WebP",
                     shown_name(name),
                     format == "gif"   ? "GIF"
                     : format == "bmp" ? "BMP"
                                       : "TIFF");
}

}  // namespace

std::string_view shown_name(std::string_view name) { return name.empty() ? "picture" : name; }

void check_size(std::string_view name, std::uint64_t width, std::uint64_t height) {
  if (width == 0 || height == 0)
    throw errors::data("{}: the picture is empty ({}x{})", shown_name(name), width, height);
  if (width * height > kMaxPixels)
    throw errors::data("{}: the picture has {}x{} pixels, more than {}: it is taken for a decompression bomb",
                       shown_name(name), width, height, kMaxPixels);
}

std::string_view image_format(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "png";
  if (bytes.starts_with("\xff\xd8\xff")) return "jpeg";
  if (bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return "webp";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "gif";
  if (bytes.starts_with("BM")) return "bmp";
  for (const auto magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (bytes.starts_with(magic)) return "tiff";
  return "";
}

Image decode_rgb(std::string_view bytes, std::string_view name) {
  const auto format = image_format(bytes);
  if (format == "png") return decode_png(bytes, name);
  if (format == "jpeg") return decode_jpeg(bytes, name);
  if (format == "webp") return decode_webp(bytes, name);
  refuse(bytes, name, format);
}

Image probe_image(std::string_view bytes, std::string_view name) {
  const auto format = image_format(bytes);
  if (format == "png") return probe_png(bytes, name);
  if (format == "jpeg") return probe_jpeg(bytes, name);
  if (format == "webp") return probe_webp(bytes, name);
  refuse(bytes, name, format);
}

}  // namespace lmms_eval::media
