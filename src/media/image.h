#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval::media {

/// A decoded picture: 8-bit, interleaved, rows top to bottom without padding.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 3;                ///< 1 grey, 3 RGB, 4 RGBA
  std::vector<std::uint8_t> data;  ///< height * width * channels
};

/// Decodes PNG, JPEG or WebP (told by content) to the bytes of Pillow's Image.open(...).convert("RGB"). EXIF
/// orientation is not applied, as Pillow does not. Throws Error{data} that says what is wrong with the bytes; `name` is
/// shown in it.
LMMS_EVAL_API Image decode_rgb(std::string_view bytes, std::string_view name);

/// Width and height from the header alone; no data. Throws Error{data}.
LMMS_EVAL_API Image probe_image(std::string_view bytes, std::string_view name);

/// The format by its first bytes: "png", "jpeg", "webp", "gif", "bmp", "tiff", or "" if none of them.
LMMS_EVAL_API std::string_view image_format(std::string_view bytes);

enum class Resample { nearest, bilinear, bicubic, lanczos, box, hamming };

/// Pillow 13's Image.resize on 8-bit pictures, identical bytes (antialiased, in fixed point, rounded to 8 bits after
/// each of two passes). Throws Error{data} for an empty target, Error{internal} for a picture whose data do not fit its
/// size.
LMMS_EVAL_API Image resize(const Image& image, int width, int height, Resample filter);

/// Encoders for pictures of 1, 3 or 4 channels (JPEG has no alpha: 1 or 3). The same picture gives the same bytes.
/// `quality`: 0 to 100. Throw Error{data} for what a format cannot hold.
LMMS_EVAL_API std::string encode_png(const Image& image);
LMMS_EVAL_API std::string encode_jpeg(const Image& image, int quality);
LMMS_EVAL_API std::string encode_webp(const Image& image, int quality);

}  // namespace lmms_eval::media
