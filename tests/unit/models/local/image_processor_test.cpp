// Pixels are compared with transformers in tests/parity/test_image.py; here: the rules one by one, on pictures small
// enough to check by eye, and errors.
#include "models/local/image_processor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

using lmms_eval::testing::TempDir;
using media::Image;

/// Tiles of 4 x 4 out of at most 2 x 2, without interpolation and with means of one half, as long as `more` says
/// nothing else.
LlavaOnevisionImageProcessor processor(const std::string& more = "") {
  const TempDir folder;
  folder.write("preprocessor_config.json",
               R"({"image_processor_type": "LlavaOnevisionImageProcessor", "image_mean": [0.5, 0.5, 0.5],
                   "image_std": [0.5, 0.5, 0.5], "size": {"height": 4, "width": 4}, "resample": 0,
                   "image_grid_pinpoints": [[4, 4], [4, 8], [8, 4], [8, 8]])" +
                   more + "}");
  return LlavaOnevisionImageProcessor::load(folder.path());
}

/// Red counts columns, green counts rows, blue is 200.
Image numbered(int width, int height) {
  Image image{width, height, 3, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image.data.insert(image.data.end(), {std::uint8_t(10 + x), std::uint8_t(10 + y), 200});
  return image;
}

std::array<int, 3> pixel(const Image& image, int x, int y) {
  const auto* p = &image.data[(static_cast<std::size_t>(y) * image.width + x) * 3];
  return {p[0], p[1], p[2]};
}

using Pixel = std::array<int, 3>;

std::string refusal(const std::string& config) {
  const TempDir folder;
  folder.write("preprocessor_config.json", config);
  try {
    LlavaOnevisionImageProcessor::load(folder.path());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.message();
  }
  return "(loaded)";
}

TEST(SelectBestResolution, PrefersMostEffectivePixelsThenLeastWasteThenTheFirst) {
  EXPECT_EQ(select_best_resolution({4, 8}, {{4, 4}, {4, 8}, {8, 8}}), (ImageSize{4, 8}));
  EXPECT_EQ(select_best_resolution({4, 8}, {{8, 8}, {4, 4}, {4, 8}}), (ImageSize{4, 8}));
  EXPECT_EQ(select_best_resolution({6, 6}, {{4, 8}, {8, 4}}), (ImageSize{4, 8}));
  EXPECT_EQ(select_best_resolution({6, 6}, {{8, 4}, {4, 8}}), (ImageSize{8, 4}));
}

TEST(SelectBestResolution, TakesLargePicturesAndLargeGridsWithoutOverflow) {
  EXPECT_EQ(select_best_resolution({60000, 60000}, {{384, 384}, {60000, 60000}}), (ImageSize{60000, 60000}));
}

TEST(ImageProcessor, FirstTileIsTheWholePictureAndTheOthersGoRowByRow) {
  const auto tiles = processor().tiles(numbered(8, 8), false);
  ASSERT_EQ(tiles.size(), 5u);
  EXPECT_EQ(pixel(tiles[0], 0, 0), (Pixel{11, 11, 200}));  // nearest takes the second of each two
  EXPECT_EQ(pixel(tiles[0], 3, 3), (Pixel{17, 17, 200}));
  EXPECT_EQ(pixel(tiles[1], 0, 0), (Pixel{10, 10, 200}));
  EXPECT_EQ(pixel(tiles[2], 0, 0), (Pixel{14, 10, 200}));
  EXPECT_EQ(pixel(tiles[3], 0, 0), (Pixel{10, 14, 200}));
  EXPECT_EQ(pixel(tiles[4], 3, 3), (Pixel{17, 17, 200}));
}

TEST(ImageProcessor, PadsWithBlackAroundTheMiddleTheSmallerHalfFirst) {
  // 8 x 5 fits into 8 x 8 with three rows to spare: one above, two below.
  const auto tiles = processor().tiles(numbered(8, 5), false);
  ASSERT_EQ(tiles.size(), 5u);
  EXPECT_EQ(pixel(tiles[1], 0, 0), (Pixel{0, 0, 0}));
  EXPECT_EQ(pixel(tiles[1], 0, 1), (Pixel{10, 10, 200}));
  EXPECT_EQ(pixel(tiles[3], 0, 1), (Pixel{10, 14, 200}));
  EXPECT_EQ(pixel(tiles[3], 0, 2), (Pixel{0, 0, 0}));
  EXPECT_EQ(pixel(tiles[3], 0, 3), (Pixel{0, 0, 0}));
}

TEST(ImageProcessor, RoundsTheFittedSideUp) {
  // 16 x 9 into 8 x 8: the height of 4.5 becomes 5, so that the fifth row of the lower tiles is the picture's.
  const auto tiles = processor(R"(, "image_grid_pinpoints": [[8, 8]])").tiles(numbered(16, 9), false);
  int rows = 0;
  for (const int tile : {1, 3})
    for (int y = 0; y < 4; ++y) rows += pixel(tiles[tile], 0, y)[2] == 200;
  EXPECT_EQ(rows, 5);
}

TEST(ImageProcessor, SeveralPicturesGetOneTileOnASquareOfTheMeanColour) {
  const auto tiles = processor(R"(, "image_mean": [0.5, 0.25, 0.999])").tiles(numbered(4, 2), true);
  ASSERT_EQ(tiles.size(), 1u);
  EXPECT_EQ(pixel(tiles[0], 0, 0), (Pixel{127, 63, 254}));  // cut down, not rounded
  EXPECT_EQ(pixel(tiles[0], 0, 1), (Pixel{10, 10, 200}));
  EXPECT_EQ(pixel(tiles[0], 3, 2), (Pixel{13, 11, 200}));
  EXPECT_EQ(pixel(tiles[0], 0, 3), (Pixel{127, 63, 254}));
}

TEST(ImageProcessor, LaysPixelsOutByTileChannelRowAndColumnAndPadsBeforeItNormalises) {
  const auto processed = processor().process(numbered(8, 5), false);
  EXPECT_EQ(processed.tiles, 5);
  EXPECT_EQ(processed.tile, (ImageSize{4, 4}));
  EXPECT_EQ(processed.original, (ImageSize{5, 8}));
  ASSERT_EQ(processed.pixels.size(), 5u * 3 * 16);
  const auto at = [&](int tile, int channel, int y, int x) {
    return processed.pixels[((tile * 3 + channel) * 4 + y) * 4 + x];
  };
  EXPECT_FLOAT_EQ(at(1, 0, 0, 0), -1.0f);  // black
  EXPECT_FLOAT_EQ(at(2, 0, 1, 3), (17 / 255.0f - 0.5f) / 0.5f);
  EXPECT_FLOAT_EQ(at(2, 1, 2, 0), (11 / 255.0f - 0.5f) / 0.5f);
  EXPECT_FLOAT_EQ(at(2, 2, 1, 0), (200 / 255.0f - 0.5f) / 0.5f);
}

TEST(ImageProcessor, MarksATileThatRepeatsTheBase) {
  const auto exact = processor().process(numbered(4, 4), false);
  EXPECT_EQ(exact.tiles, 2);
  EXPECT_TRUE(exact.duplicate_tile);
  EXPECT_TRUE(std::equal(exact.pixels.begin(), exact.pixels.begin() + 48, exact.pixels.begin() + 48));
  const auto padded = processor(R"(, "image_grid_pinpoints": [[4, 4]])").process(numbered(4, 3), false);
  EXPECT_EQ(padded.tiles, 2);
  EXPECT_FALSE(padded.duplicate_tile);
  EXPECT_FALSE(processor().process(numbered(4, 4), true).duplicate_tile);
}

TEST(ImageProcessor, StepsCanBeTurnedOff) {
  const auto raw = processor(R"(, "do_rescale": false, "do_normalize": false)").process(numbered(4, 4), false);
  EXPECT_FLOAT_EQ(raw.pixels[1], 11.0f);
  const auto normalised = processor(R"(, "do_rescale": false)").process(numbered(4, 4), false);
  EXPECT_FLOAT_EQ(normalised.pixels[1], (11.0f - 0.5f) / 0.5f);
  const auto null = processor(R"(, "do_rescale": null, "do_normalize": null)").process(numbered(4, 4), false);
  EXPECT_FLOAT_EQ(null.pixels[1], 11.0f);
  const auto rescaled = processor(R"(, "do_normalize": false, "rescale_factor": 0.5)").process(numbered(4, 4), false);
  EXPECT_FLOAT_EQ(rescaled.pixels[1], 5.5f);
}

TEST(ImageProcessor, KnowsTransformersDefaults) {
  const TempDir folder;
  folder.write("preprocessor_config.json", "{}");
  const auto defaults = LlavaOnevisionImageProcessor::load(folder.path());
  EXPECT_EQ(defaults.tile_size(), (ImageSize{384, 384}));
  ASSERT_EQ(defaults.grid_pinpoints().size(), 36u);
  EXPECT_EQ(defaults.grid_pinpoints()[1], (ImageSize{384, 768}));
  EXPECT_EQ(defaults.grid_pinpoints()[35], (ImageSize{2304, 2304}));
}

TEST(ImageProcessor, ReadsTheNestedFormOfProcessorConfigFirst) {
  const TempDir folder;
  folder.write("preprocessor_config.json", R"({"size": {"height": 4, "width": 4}})");
  folder.write("processor_config.json", R"({"image_processor": {"size": {"height": 8, "width": 8}}})");
  EXPECT_EQ(LlavaOnevisionImageProcessor::load(folder.path()).tile_size(), (ImageSize{8, 8}));
  folder.write("processor_config.json", R"({"num_image_tokens": 729})");
  EXPECT_EQ(LlavaOnevisionImageProcessor::load(folder.path()).tile_size(), (ImageSize{4, 4}));
}

TEST(ImageProcessor, NamesTheFileAndTheKeyThatItCannotUse) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"do_center_crop": true})", "'do_center_crop'"},
      {R"({"crop_size": 4})", "'crop_size'"},
      {R"({"size": {"longest_edge": 4}})", "'size'"},
      {R"({"size": {"height": -1, "width": 4}})", "'size'"},
      {R"({"resample": 9})", "'resample'"},
      {R"({"rescale_factor": null})", "'rescale_factor' is null"},
      {R"j({"image_grid_pinpoints": "(1x1),(2x2)"})j", "'image_grid_pinpoints'"},
      {R"({"image_mean": [1, 2]})", "'image_mean'"},
      {R"({"do_pad_to_square": true})", "'do_pad_to_square'"},
      {R"({"image_processor_type": "SiglipImageProcessor"})", "SiglipImageProcessor"},
      {"[]", "JSON object"},
      {"{", "not valid JSON"}};
  for (const auto& [config, part] : cases) {
    const auto message = refusal(config);
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find("preprocessor_config.json"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(ImageProcessor, SaysThatItsConfigurationIsMissing) {
  const TempDir folder;
  try {
    LlavaOnevisionImageProcessor::load(folder.path());
    FAIL() << "nothing was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_NE(error.message().find("no preprocessor_config.json"), std::string::npos) << error.message();
  }
}

TEST(ImageProcessor, RefusesTilesOfDifferentSizes) {
  const auto uneven = processor(R"(, "do_resize": false, "image_grid_pinpoints": [[4, 6]])");
  EXPECT_THROW(uneven.tiles(numbered(6, 4), false), Error);
}

}  // namespace
}  // namespace lmms_eval::local
