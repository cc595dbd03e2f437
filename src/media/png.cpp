// PNG by libpng, as Pillow sees it: checksums of the chunks before the pixels are verified, those of the pixels are not
// (zlib finds damage that matters), and what follows the pixels is not read.
#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <cstring>
#include <memory>
#include <optional>

#include "media/decoders.h"

namespace lmms_eval::media {
namespace {

constexpr std::size_t kSignature = 8;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// Walks the chunks up to the first with pixels; what is wrong with them, if anything is.
std::optional<std::string> fault_before_pixels(std::string_view bytes) {
  for (std::size_t at = kSignature;;) {
    if (bytes.size() - at < 8) return "the file is truncated";
    const std::size_t length = big_endian(bytes, at);
    const auto type = bytes.substr(at + 4, 4);
    if (at == kSignature && (type != "IHDR" || length != 13)) return "it does not start with an IHDR chunk";
    if (type == "IDAT") return std::nullopt;
    if (bytes.size() - at - 8 < length + 4) return "the file is truncated";
    const auto* checked = reinterpret_cast<const Bytef*>(bytes.data() + at + 4);
    if (crc32(0, checked, static_cast<uInt>(length + 4)) != big_endian(bytes, at + 8 + length))
      return fmt::format("the checksum of its chunk {} is wrong", type);
    if (type == "IEND") return "it has no pixels (no chunk IDAT)";
    at += length + 12;
  }
}

/// libpng reports errors by longjmp: everything with a destructor lives here, outside the frames that are jumped over.
struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view bytes;
  std::size_t offset = 0;
  std::string error;
  Image image;
  std::vector<std::uint8_t> raw;  // 16-bit grey rows before they become 8 bits
  std::vector<png_bytep> rows;
  bool grey16 = false;

  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void on_error(png_structp png, png_const_charp message) {
  static_cast<Reader*>(png_get_error_ptr(png))->error = message;
  std::longjmp(png_jmpbuf(png), 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t count) {
  auto& reader = *static_cast<Reader*>(png_get_io_ptr(png));
  if (reader.bytes.size() - reader.offset < count) png_error(png, "the file is truncated");
  std::memcpy(out, reader.bytes.data() + reader.offset, count);
  reader.offset += count;
}

bool read_header(Reader& reader) {
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  if (reader.png) reader.info = png_create_info_struct(reader.png);
  if (!reader.info) {
    reader.error = "out of memory";
    return false;
  }
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &reader, on_read);
  png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_crc_action(reader.png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_read_info(reader.png, reader.info);
  return true;
}

/// What Pillow's modes come to after convert("RGB"): transparency is dropped, 16 bits keep the high byte. 16-bit grey
/// alone is kept whole, since Pillow clips it.
bool set_transforms(Reader& reader) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  const int type = png_get_color_type(reader.png, reader.info);
  const int depth = png_get_bit_depth(reader.png, reader.info);
  reader.grey16 = type == PNG_COLOR_TYPE_GRAY && depth == 16;
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(reader.png);
  if (type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(reader.png);
  if (!reader.grey16) {
    png_set_strip_16(reader.png);
    png_set_strip_alpha(reader.png);
    png_set_gray_to_rgb(reader.png);
  }
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_rows(Reader& reader) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_read_image(reader.png, reader.rows.data());
  return true;
}

void clip_grey16(Reader& reader) {
  const std::size_t count =
      static_cast<std::size_t>(reader.image.width) * static_cast<std::size_t>(reader.image.height);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t value = reader.raw[2 * i] != 0 ? 255 : reader.raw[2 * i + 1];
    std::memset(reader.image.data.data() + 3 * i, value, 3);
  }
}

}  // namespace

Image probe_png(std::string_view bytes, std::string_view name) {
  if (bytes.size() < kSignature + 16) throw undecodable(name, "PNG", "the file is truncated");
  if (bytes.substr(kSignature + 4, 4) != "IHDR") throw undecodable(name, "PNG", "it does not start with an IHDR chunk");
  const auto width = big_endian(bytes, kSignature + 8), height = big_endian(bytes, kSignature + 12);
  check_size(name, width, height);
  Image image;
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  return image;
}

Image decode_png(std::string_view bytes, std::string_view name) {
  if (const auto fault = fault_before_pixels(bytes)) throw undecodable(name, "PNG", *fault);
  auto reader = std::make_unique<Reader>();
  reader->bytes = bytes;
  Image& image = reader->image;
  image = probe_png(bytes, name);
  if (!read_header(*reader) || !set_transforms(*reader)) throw undecodable(name, "PNG", reader->error);
  const std::size_t stride = png_get_rowbytes(reader->png, reader->info);
  const std::size_t wanted = static_cast<std::size_t>(image.width) * (reader->grey16 ? 2u : 3u);
  if (stride != wanted) throw undecodable(name, "PNG", "its rows have an unexpected length");
  image.data.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
  std::uint8_t* base = image.data.data();
  if (reader->grey16) {
    reader->raw.resize(stride * static_cast<std::size_t>(image.height));
    base = reader->raw.data();
  }
  for (int y = 0; y < image.height; ++y) reader->rows.push_back(base + stride * static_cast<std::size_t>(y));
  if (!read_rows(*reader)) throw undecodable(name, "PNG", reader->error);
  if (reader->grey16) clip_grey16(*reader);
  return std::move(image);
}

}  // namespace lmms_eval::media
