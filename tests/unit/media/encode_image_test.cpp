#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "lmms_eval/error.h"
#include "media/image.h"
#include "unit/media/test_images.h"

namespace lmms_eval::media {
namespace {

using testing::noise;
using testing::ramp;

int largest_difference(const Image& a, const Image& b) {
  int largest = a.data.size() == b.data.size() ? 0 : 256;
  for (std::size_t i = 0; i < std::min(a.data.size(), b.data.size()); ++i)
    largest = std::max(largest, std::abs(a.data[i] - b.data[i]));
  return largest;
}

TEST(EncodePng, KeepsEveryByte) {
  const auto image = noise(37, 23, 3);
  const auto decoded = decode_rgb(encode_png(image), "x");
  EXPECT_EQ(decoded.width, 37);
  EXPECT_EQ(decoded.height, 23);
  EXPECT_EQ(decoded.data, image.data);
}

TEST(EncodePng, GivesTheSameBytesEachTime) { EXPECT_EQ(encode_png(noise(30, 30, 3)), encode_png(noise(30, 30, 3))); }

TEST(EncodeJpeg, StaysCloseAndShrinksWithItsQuality) {
  const auto image = ramp(64, 48, 3);
  const auto fine = encode_jpeg(image, 95), coarse = encode_jpeg(image, 20);
  EXPECT_LT(largest_difference(decode_rgb(fine, "x"), image), 12);
  EXPECT_LT(coarse.size(), fine.size());
}

TEST(EncodeJpeg, WritesGreyAsOneComponent) {
  const auto grey = ramp(64, 48, 1);
  const auto decoded = decode_rgb(encode_jpeg(grey, 95), "x");
  for (std::size_t i = 0; i < grey.data.size(); ++i) {
    EXPECT_NEAR(decoded.data[3 * i], grey.data[i], 8);
    EXPECT_EQ(decoded.data[3 * i], decoded.data[3 * i + 2]);
  }
}

TEST(EncodeWebp, StaysCloseAndShrinksWithItsQuality) {
  const auto image = ramp(64, 48, 3);
  const auto fine = encode_webp(image, 95), coarse = encode_webp(image, 10);
  EXPECT_EQ(image_format(fine), "webp");
  EXPECT_LT(largest_difference(decode_rgb(fine, "x"), image), 24);
  EXPECT_LT(coarse.size(), fine.size());
}

TEST(Encoders, RefuseWhatTheyCannotHold) {
  EXPECT_THROW(encode_jpeg(noise(4, 4, 4), 90), Error);
  Image image = noise(4, 4, 3);
  image.data.pop_back();
  EXPECT_THROW(encode_png(image), Error);
  EXPECT_THROW(encode_jpeg(image, 90), Error);
  EXPECT_THROW(encode_webp(image, 90), Error);
  EXPECT_THROW(encode_png(Image{}), Error);
}

}  // namespace
}  // namespace lmms_eval::media
