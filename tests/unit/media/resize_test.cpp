// Bytes over many sizes and filters are compared with Pillow in tests/parity/test_image.py; the expectations here were
// computed by hand or by Pillow 13.
#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "media/image.h"
#include "unit/media/test_images.h"

namespace lmms_eval::media {
namespace {

using testing::noise;
using Bytes = std::vector<std::uint8_t>;

Image row(Bytes values) { return {static_cast<int>(values.size()), 1, 1, std::move(values)}; }

TEST(Resize, LeavesAPictureOfTheSameSizeAlone) {
  const auto image = noise(7, 5, 4);
  EXPECT_EQ(resize(image, 7, 5, Resample::bicubic).data, image.data);
}

TEST(Resize, BoxTakesMeansAndRoundsHalvesUp) {
  EXPECT_EQ(resize(row({0, 10, 20, 41}), 2, 1, Resample::box).data, (Bytes{5, 31}));
}

TEST(Resize, NearestTakesTheMiddles) {
  EXPECT_EQ(resize(row({0, 1, 2, 3, 4, 5, 6, 7, 8}), 3, 1, Resample::nearest).data, (Bytes{1, 4, 7}));
  EXPECT_EQ(resize(row({10, 20}), 5, 1, Resample::nearest).data, (Bytes{10, 10, 20, 20, 20}));
}

TEST(Resize, BicubicOvershootsAndClips) {
  // An edge from 0 to 255 doubled: a = -0.5 gives the weights -0.0703125, 0.8671875, 0.2265625, -0.0234375.
  EXPECT_EQ(resize(row({0, 0, 0, 255, 255, 255}), 12, 1, Resample::bicubic).data,
            (Bytes{0, 0, 0, 0, 0, 52, 203, 255, 255, 255, 255, 255}));
}

TEST(Resize, RoundsAfterEachPassAndBeginsWithTheWidth) {
  // Width first: a third and a third, both rounded to 0. Height first: 1 (a half), 0, 1 (a half), so two thirds, 1.
  const Image wide{3, 2, 1, {1, 0, 0, 0, 0, 1}};
  EXPECT_EQ(resize(wide, 1, 1, Resample::box).data, (Bytes{0}));
}

TEST(Resize, BeginsWithTheHeightOfTallPictures) {
  // It loses 5 rows and 1 column. Height first: a sixth and a third, both rounded to 0. Width first: 0 0 0 1 1 1, a
  // half, 1.
  const Image tall{2, 6, 1, {0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0}};
  EXPECT_EQ(resize(tall, 1, 1, Resample::box).data, (Bytes{0}));
}

TEST(Resize, KeepsChannelsApart) {
  const auto image = noise(31, 17, 3);
  const auto whole = resize(image, 13, 29, Resample::lanczos);
  for (std::size_t c = 0; c < 3; ++c) {
    Image plane{31, 17, 1, {}};
    for (std::size_t i = c; i < image.data.size(); i += 3) plane.data.push_back(image.data[i]);
    const auto resized = resize(plane, 13, 29, Resample::lanczos);
    for (std::size_t i = 0; i < resized.data.size(); ++i) ASSERT_EQ(whole.data[3 * i + c], resized.data[i]);
  }
}

TEST(Resize, ColourUnderTransparentPixelsDoesNotBleed) {
  const Image image{2, 1, 4, {255, 0, 0, 255, 0, 255, 0, 0}};
  EXPECT_EQ(resize(image, 1, 1, Resample::box).data, (Bytes{255, 0, 0, 128}));
}

TEST(Resize, RefusesEmptyTargetsAndIncompletePictures) {
  EXPECT_THROW(resize(noise(2, 2, 3), 0, 4, Resample::box), Error);
  EXPECT_THROW(resize(noise(2, 2, 3), 4, -1, Resample::nearest), Error);
  auto image = noise(4, 4, 3);
  image.data.pop_back();
  EXPECT_THROW(resize(image, 2, 2, Resample::box), Error);
  EXPECT_THROW(resize(noise(4, 4, 2), 2, 2, Resample::box), Error);
}

}  // namespace
}  // namespace lmms_eval::media
