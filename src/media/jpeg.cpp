#include <csetjmp>
#include <cstdio>
#include <memory>

#include <jpeglib.h>
// jerror.h needs jpeglib.h.
#include <jerror.h>

#include "media/decoders.h"

namespace lmms_eval::media {
namespace {

/// libjpeg reports errors by longjmp: everything with a destructor lives here, outside the frames that are jumped over.
struct Reader {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf jump;
  std::string error;
  Image image;
  std::vector<std::uint8_t> line;

  ~Reader() { jpeg_destroy_decompress(&jpeg); }
};

std::string message_of(j_common_ptr common) {
  char text[JMSG_LENGTH_MAX];
  common->err->format_message(common, text);
  return text;
}

void on_error(j_common_ptr common) {
  auto& reader = *static_cast<Reader*>(common->client_data);
  reader.error = message_of(common);
  std::longjmp(reader.jump, 1);
}

/// Only a file that ends too early is refused; Pillow, too, passes over other warnings.
void on_message(j_common_ptr common, int level) {
  if (level >= 0 || common->err->msg_code != JWRN_JPEG_EOF) return;
  static_cast<Reader*>(common->client_data)->error = "the file is truncated";
  std::longjmp(static_cast<Reader*>(common->client_data)->jump, 1);
}

void no_output(j_common_ptr) {}

bool read_header(Reader& reader, std::string_view bytes) {
  if (setjmp(reader.jump)) return false;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.errors.output_message = no_output;
  reader.jpeg.client_data = &reader;
  jpeg_create_decompress(&reader.jpeg);
  jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&reader.jpeg, TRUE);
  reader.image.width = static_cast<int>(reader.jpeg.image_width);
  reader.image.height = static_cast<int>(reader.jpeg.image_height);
  return true;
}

/// Pillow takes four components for inverted CMYK, as Adobe writes it.
void cmyk_to_rgb(const std::uint8_t* in, std::uint8_t* out, int width) {
  for (int x = 0; x < width; ++x, in += 4, out += 3) {
    const int black = in[3];  // inverted: 255 is no ink
    for (int c = 0; c < 3; ++c) {
      const int ink = 255 - in[c];
      const int product = ink * black + 128;
      const int value = black - ((product + (product >> 8)) >> 8);
      out[c] = static_cast<std::uint8_t>(value < 0 ? 0 : value);
    }
  }
}

bool read_rows(Reader& reader) {
  if (setjmp(reader.jump)) return false;
  auto& jpeg = reader.jpeg;
  if (jpeg.num_components == 4)
    jpeg.out_color_space = JCS_CMYK;
  else if (jpeg.num_components == 1)
    jpeg.out_color_space = JCS_GRAYSCALE;
  else
    jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&jpeg);
  const auto width = static_cast<int>(jpeg.output_width);
  reader.line.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(jpeg.output_components));
  while (jpeg.output_scanline < jpeg.output_height) {
    std::uint8_t* out =
        reader.image.data.data() + static_cast<std::size_t>(jpeg.output_scanline) * static_cast<std::size_t>(width) * 3;
    JSAMPROW row = jpeg.output_components == 3 ? out : reader.line.data();
    jpeg_read_scanlines(&jpeg, &row, 1);
    if (jpeg.output_components == 4) cmyk_to_rgb(row, out, width);
    if (jpeg.output_components == 1)
      for (int x = 0; x < width; ++x) out[3 * x] = out[3 * x + 1] = out[3 * x + 2] = row[x];
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

/// Reads the header and leaves the size in reader.image.
void open(Reader& reader, std::string_view bytes, std::string_view name) {
  if (!read_header(reader, bytes)) throw undecodable(name, "JPEG", reader.error);
  const int components = reader.jpeg.num_components;
  if (components != 1 && components != 3 && components != 4)
    throw undecodable(name, "JPEG", fmt::format("it has {} components, not 1, 3 or 4", components));
  check_size(name, reader.jpeg.image_width, reader.jpeg.image_height);
}

}  // namespace

Image probe_jpeg(std::string_view bytes, std::string_view name) {
  auto reader = std::make_unique<Reader>();
  open(*reader, bytes, name);
  return std::move(reader->image);
}

Image decode_jpeg(std::string_view bytes, std::string_view name) {
  auto reader = std::make_unique<Reader>();
  open(*reader, bytes, name);
  Image& image = reader->image;
  image.data.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
  if (!read_rows(*reader)) throw undecodable(name, "JPEG", reader->error);
  return std::move(image);
}

}  // namespace lmms_eval::media
