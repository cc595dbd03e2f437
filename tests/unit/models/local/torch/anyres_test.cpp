#include "models/local/torch/anyres.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval::local {
namespace {

struct Row {
  ImageSize original;
  std::int64_t rows, columns, max_tiles, height, width;
  bool scaled;
  std::int64_t tokens;
};

// From LlavaOnevisionProcessor._get_unpadded_features of transformers 5.24, 27 patches a side.
const Row kRows[] = {
    {{64, 64}, 1, 1, 9, 27, 27, false, 756},       {{8, 8}, 1, 1, 9, 27, 27, false, 756},
    {{1080, 1920}, 3, 5, 9, 75, 135, true, 6540},  {{1920, 1080}, 5, 3, 9, 135, 75, true, 6588},
    {{4000, 3000}, 6, 5, 9, 162, 121, true, 6603}, {{3000, 4000}, 5, 6, 4, 121, 162, true, 2898},
    {{427, 640}, 2, 2, 9, 36, 54, false, 1980},    {{333, 1000}, 1, 3, 9, 27, 81, false, 2214},
    {{100, 3000}, 1, 6, 9, 5, 162, false, 815},    {{2304, 2304}, 6, 6, 9, 162, 162, true, 6642},
    {{1, 700}, 1, 2, 9, 1, 54, false, 55},         {{767, 1153}, 2, 4, 2, 54, 82, true, 1440},
};

TEST(AnyresLayout, CountsTokensAsTransformersDoes) {
  for (const auto& row : kRows) {
    const auto layout = anyres_layout(row.original, row.rows, row.columns, 27, row.max_tiles);
    EXPECT_EQ(layout.height, row.height) << row.original.height << "x" << row.original.width;
    EXPECT_EQ(layout.width, row.width) << row.original.height << "x" << row.original.width;
    EXPECT_EQ(layout.scaled, row.scaled) << row.original.height << "x" << row.original.width;
    EXPECT_EQ(layout.tokens(), row.tokens) << row.original.height << "x" << row.original.width;
  }
}

// 211 * (27 / 211) is 26.999999999999996: cut without rounding to seven decimals, a column would go.
TEST(AnyresLayout, RoundsToSevenDecimalsBeforeItCuts) {
  const Row rows[] = {{{211, 211}, 1, 1, 9, 27, 27, false, 756},
                      {{323, 646}, 1, 2, 9, 27, 54, false, 1485},
                      {{652, 326}, 2, 1, 9, 54, 27, false, 1512},
                      {{701, 701}, 2, 2, 9, 54, 54, false, 2970}};
  for (const auto& row : rows) {
    const auto layout = anyres_layout(row.original, row.rows, row.columns, 27, row.max_tiles);
    EXPECT_EQ(layout.height, row.height);
    EXPECT_EQ(layout.width, row.width);
    EXPECT_EQ(layout.tokens(), row.tokens);
  }
}

TEST(AnyresLayout, KeepsTheMiddle) {
  const auto wide = anyres_layout({100, 3000}, 1, 6, 27, 9);
  EXPECT_EQ(wide.top, 11);
  EXPECT_EQ(wide.left, 0);
  const auto tall = anyres_layout({3000, 100}, 6, 1, 27, 9);
  EXPECT_EQ(tall.top, 0);
  EXPECT_EQ(tall.left, 11);
}

TEST(AnyresMaxTiles, ReadsTheNumberAndRefusesOtherTexts) {
  EXPECT_EQ(anyres_max_tiles("anyres_max_9"), 9);
  EXPECT_EQ(anyres_max_tiles("anyres_max_12"), 12);
  for (const auto* text : {"anyres", "anyres_max_", "anyres_max_x", "anyres_max_0", "pad", ""})
    EXPECT_THROW(anyres_max_tiles(text), Error) << text;
}

}  // namespace
}  // namespace lmms_eval::local
