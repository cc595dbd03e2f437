#pragma once

#include <string>
#include <string_view>

#include "lmms_eval/export.h"
#include "lmms_eval/media.h"

namespace lmms_eval::http {

/// How images are written into requests.
struct LMMS_EVAL_API ImageEncoding {
  enum class Format { png, jpeg, webp };

  Format format = Format::png;
  int quality = 85;  ///< of jpeg and webp

  /// LMMS_IMAGE_ENCODE_FORMAT (PNG, JPEG, JPG, WEBP in any case) and LMMS_IMAGE_JPEG_QUALITY (1 to 100). Throws
  /// Error{usage}.
  static ImageEncoding from_environment();
  /// "png", "jpeg q85": what the cache key knows.
  std::string describe() const;
};

/// "data:image/png;base64,…". A PNG is passed on byte for byte when PNG is asked for, all else is decoded and encoded
/// (lossy formats always, so that the quality asked for is what is sent). Throws Error{data} when the image cannot be
/// decoded. A PNG is not decoded as long as its chunks are whole and their checksums right; one that is not, and that
/// readers take all the same (no IEND, a wrong checksum where it does no harm), is encoded anew.
LMMS_EVAL_API std::string image_data_url(const MediaRef& image, const ImageEncoding& encoding);

/// "wav", "mp3", "flac", "ogg", "m4a" by the first bytes, else by the name's ending, else "".
LMMS_EVAL_API std::string_view audio_format(std::string_view bytes, std::string_view name);

/// True when every chunk is there, up to IEND, with the right checksum. `bytes` begin with the PNG signature.
LMMS_EVAL_API bool is_whole_png(std::string_view bytes);

}  // namespace lmms_eval::http
