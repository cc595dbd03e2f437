#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include "base/errors.h"
#include "media/image.h"
#include "media/whole_image.h"

namespace lmms_eval::media {
namespace {

// Pictures go over a wire once: zlib's fast end costs a few per cent of size and saves most of the time.
constexpr int kPngCompression = 3;

struct PngWriter {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string out;
  std::vector<png_bytep> rows;
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
};

// Nothing is printed: the caller gets an exception.
void on_png_error(png_structp png, png_const_charp) { std::longjmp(png_jmpbuf(png), 1); }
void on_png_warning(png_structp, png_const_charp) {}

void on_png_write(png_structp png, png_bytep bytes, std::size_t count) {
  static_cast<PngWriter*>(png_get_io_ptr(png))->out.append(reinterpret_cast<const char*>(bytes), count);
}

bool write_png(PngWriter& writer, const Image& image) {
  if (setjmp(png_jmpbuf(writer.png))) return false;
  const int type = image.channels == 1   ? PNG_COLOR_TYPE_GRAY
                   : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_RGBA;
  png_set_write_fn(writer.png, &writer, on_png_write, nullptr);
  png_set_compression_level(writer.png, kPngCompression);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
               8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  png_write_image(writer.png, writer.rows.data());
  png_write_end(writer.png, nullptr);
  return true;
}

struct JpegWriter {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf jump;
  unsigned char* out = nullptr;
  unsigned long size = 0;
  ~JpegWriter() {
    jpeg_destroy_compress(&jpeg);
    std::free(out);
  }
};

void on_jpeg_error(j_common_ptr common) { std::longjmp(static_cast<JpegWriter*>(common->client_data)->jump, 1); }

bool write_jpeg(JpegWriter& writer, const Image& image, int quality) {
  if (setjmp(writer.jump)) return false;
  auto& jpeg = writer.jpeg;
  jpeg.err = jpeg_std_error(&writer.errors);
  writer.errors.error_exit = on_jpeg_error;
  jpeg.client_data = &writer;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &writer.out, &writer.size);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.input_components = image.channels;
  jpeg.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPROW>(image.data.data() + static_cast<std::size_t>(jpeg.next_scanline) *
                                                             static_cast<std::size_t>(image.width * image.channels));
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

std::string encode_png(const Image& image) {
  require_whole(image, "encoded as PNG");
  auto writer = std::make_unique<PngWriter>();
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, on_png_error, on_png_warning);
  if (writer->png) writer->info = png_create_info_struct(writer->png);
  for (int y = 0; y < image.height; ++y)
    writer->rows.push_back(const_cast<png_bytep>(
        image.data.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width * image.channels)));
  if (!writer->info || !write_png(*writer, image))
    throw errors::data("a picture of {}x{} cannot be encoded as PNG", image.width, image.height);
  return std::move(writer->out);
}

std::string encode_jpeg(const Image& image, int quality) {
  require_whole(image, "encoded as JPEG");
  if (image.channels == 4) throw errors::data("a picture with alpha cannot be encoded as JPEG");
  auto writer = std::make_unique<JpegWriter>();
  if (!write_jpeg(*writer, image, quality))
    throw errors::data("a picture of {}x{} cannot be encoded as JPEG", image.width, image.height);
  return std::string(reinterpret_cast<const char*>(writer->out), writer->size);
}

std::string encode_webp(const Image& image, int quality) {
  require_whole(image, "encoded as WebP");
  Image rgb;
  const Image* source = &image;
  if (image.channels == 1) {
    rgb = {image.width, image.height, 3, {}};
    for (std::uint8_t value : image.data) rgb.data.insert(rgb.data.end(), 3, value);
    source = &rgb;
  }
  std::uint8_t* out = nullptr;
  const auto encode = source->channels == 4 ? WebPEncodeRGBA : WebPEncodeRGB;
  const std::size_t size = encode(source->data.data(), image.width, image.height, image.width * source->channels,
                                  static_cast<float>(quality), &out);
  if (size == 0) throw errors::data("a picture of {}x{} cannot be encoded as WebP", image.width, image.height);
  std::string bytes(reinterpret_cast<const char*>(out), size);
  WebPFree(out);
  return bytes;
}

}  // namespace lmms_eval::media
