// What decodes to which bytes is compared with Pillow in tests/parity/test_image.py; here: errors, limits, safety.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lmms_eval/error.h"
#include "media/image.h"
#include "unit/media/test_images.h"

namespace lmms_eval::media {
namespace {

using testing::noise;
using testing::ramp;

/// The message of the Error{data} that decoding ends with.
std::string refusal(std::string_view bytes, std::string_view name = "set/7.png") {
  try {
    decode_rgb(bytes, name);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.message();
  }
  return "(decoded)";
}

TEST(ImageFormat, IsToldByTheFirstBytes) {
  EXPECT_EQ(image_format("\x89PNG\r\n\x1a\n..."), "png");
  EXPECT_EQ(image_format("\xff\xd8\xff\xe0"), "jpeg");
  EXPECT_EQ(image_format("RIFF....WEBPVP8 "), "webp");
  EXPECT_EQ(image_format("RIFF....WAVEfmt "), "");
  EXPECT_EQ(image_format("GIF89a"), "gif");
  EXPECT_EQ(image_format("BM1234"), "bmp");
  EXPECT_EQ(image_format(std::string_view("II*\0", 4)), "tiff");
  EXPECT_EQ(image_format(std::string_view("MM\0*", 4)), "tiff");
  EXPECT_EQ(image_format(""), "");
  EXPECT_EQ(image_format("\x89PNG"), "");
}

TEST(DecodeRgb, RefusesUnknownBytesWithTheNameOfThePicture) {
  EXPECT_EQ(refusal("hello"), "set/7.png: not a picture of a known format (PNG, JPEG, WebP)");
  EXPECT_EQ(refusal(""), "set/7.png: the picture has no bytes");
  EXPECT_EQ(refusal("hello", ""), "picture: not a picture of a known format (PNG, JPEG, WebP)");
}

TEST(DecodeRgb, NamesFormatsThatItDoesNotDecode) {
  EXPECT_EQ(refusal("GIF89a..."),
            "set/7.png: GIF pictures cannot be decoded in this version; convert it to PNG, JPEG or WebP");
  EXPECT_NE(refusal("BM......").find("BMP"), std::string::npos);
  EXPECT_NE(refusal(std::string_view("II*\0....", 8)).find("TIFF"), std::string::npos);
}

TEST(DecodeRgb, RefusesEveryPrefixOfAFileThatEndsBeforeItsPixelsDo) {
  const auto image = noise(23, 17, 3);
  const std::string files[] = {encode_png(image), encode_jpeg(image, 90), encode_webp(image, 90)};
  const std::string formats[] = {"PNG", "JPEG", "WebP"};
  for (int i = 0; i < 3; ++i) {
    // Without its last chunk a PNG still has all of its pixels.
    const std::size_t needed = files[i].size() - (i == 0 ? 12 + 8 : 1);
    for (std::size_t length = 16; length < needed; length += 7) {
      const auto message = refusal(std::string_view(files[i]).substr(0, length));
      EXPECT_NE(message.find("cannot decode this " + formats[i]), std::string::npos) << message << " at " << length;
    }
  }
}

TEST(DecodeRgb, SurvivesDamageAtEveryPlace) {
  const auto image = noise(19, 13, 3);
  for (const auto& file : {encode_png(image), encode_jpeg(image, 80), encode_webp(image, 80)})
    for (std::size_t at = 12; at < file.size(); at += 3) {
      auto damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ 0xa5);
      try {
        const auto decoded = decode_rgb(damaged, "damaged");
        EXPECT_EQ(decoded.data.size(), 3u * static_cast<std::size_t>(decoded.width) * decoded.height);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::data);
        EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.message();
      }
    }
}

TEST(DecodeRgb, TakesAHugeSizeForADecompressionBomb) {
  auto file = encode_png(noise(2, 2, 3));
  const std::string size{"\x00\x00\x4e\x20\x00\x00\x4e\x20", 8};  // 20000 x 20000
  file.replace(16, 8, size);
  EXPECT_NE(refusal(file).find("the checksum of its chunk IHDR is wrong"), std::string::npos) << refusal(file);
  try {
    probe_image(file, "bomb.png");
    FAIL() << "a bomb was measured";
  } catch (const Error& error) {
    EXPECT_EQ(
        error.message(),
        "bomb.png: the picture has 20000x20000 pixels, more than 178956970: it is taken for a decompression bomb");
  }
}

TEST(ProbeImage, GivesTheSizeAndNoPixels) {
  const auto image = ramp(31, 20, 3);
  for (const auto& file : {encode_png(image), encode_jpeg(image, 80), encode_webp(image, 80)}) {
    const auto probed = probe_image(file, "x");
    EXPECT_EQ(probed.width, 31);
    EXPECT_EQ(probed.height, 20);
    EXPECT_TRUE(probed.data.empty());
  }
}

TEST(DecodeRgb, GreyBecomesThreeEqualChannels) {
  const auto grey = noise(9, 5, 1);
  const auto rgb = decode_rgb(encode_png(grey), "grey");
  ASSERT_EQ(rgb.channels, 3);
  for (std::size_t i = 0; i < grey.data.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(rgb.data[3 * i + c], grey.data[i]);
}

TEST(DecodeRgb, DropsAlphaWithoutBlending) {
  const auto rgba = noise(9, 5, 4);
  const auto rgb = decode_rgb(encode_png(rgba), "alpha");
  ASSERT_EQ(rgb.data.size(), 9u * 5 * 3);
  for (std::size_t i = 0; i < 45; ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(rgb.data[3 * i + c], rgba.data[4 * i + c]);
}

TEST(DecodeRgb, GivesTheSameBytesInManyThreads) {
  const auto image = noise(40, 30, 3);
  const std::string files[] = {encode_png(image), encode_jpeg(image, 80), encode_webp(image, 80)};
  const Image expected[] = {decode_rgb(files[0], ""), decode_rgb(files[1], ""), decode_rgb(files[2], "")};
  std::vector<int> different(6);
  std::vector<std::thread> threads;
  for (auto& count : different)
    threads.emplace_back([&] {
      for (int round = 0; round < 30; ++round) {
        if (decode_rgb(files[round % 3], "").data != expected[round % 3].data) ++count;
        // Errors travel by longjmp inside the libraries; they must not disturb the neighbours.
        try {
          decode_rgb(std::string_view(files[round % 3]).substr(0, files[round % 3].size() / 2), "");
          ++count;
        } catch (const Error&) {
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(different, std::vector<int>(6));
}

}  // namespace
}  // namespace lmms_eval::media
