#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lmms_eval/error.h"
#include "media/image.h"

// The decoders behind decode_rgb and probe_image, one source file a format. Each takes the bytes of a file that starts with
// the signature of its format; `name` is what errors call the picture.
namespace lmms_eval::media {

Image decode_png(std::string_view bytes, std::string_view name);
Image decode_jpeg(std::string_view bytes, std::string_view name);
Image decode_webp(std::string_view bytes, std::string_view name);

/// Header only: width, height, the channels of the decoded picture (3) and no data.
Image probe_png(std::string_view bytes, std::string_view name);
Image probe_jpeg(std::string_view bytes, std::string_view name);
Image probe_webp(std::string_view bytes, std::string_view name);

/// "<name>: cannot decode this PNG image: <reason>".
Error undecodable(std::string_view name, std::string_view format, std::string_view reason);

/// An RGB image of that size without data. Throws Error{data} for a size of zero, and above Pillow's limit against
/// decompression bombs (twice 89,478,485 pixels): a small file must not fill the memory.
Image sized_rgb(std::uint64_t width, std::uint64_t height, std::string_view name, std::string_view format);

/// Makes room for the pixels.
void allocate(Image& image);

}  // namespace lmms_eval::media
