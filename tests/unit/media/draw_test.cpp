#include "media/draw.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lmms_eval/error.h"

namespace lmms_eval::media {
namespace {

Image black(int width, int height) {
  return {width, height, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3))};
}

/// Rows of the red channel: '#' where it is painted.
std::string shown(const Image& image) {
  std::string rows;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x)
      rows += image.data[static_cast<std::size_t>((y * image.width + x) * 3)] == 255 ? '#' : '.';
    rows += '\n';
  }
  return rows;
}

TEST(Draw, OutlinesABoxOfWholePixels) {
  Image image = black(6, 5);
  draw_rectangle(image, {1.9, 0.5}, {4.2, 3.7}, {255, 0, 0});
  EXPECT_EQ(shown(image), ".####.\n.#..#.\n.#..#.\n.####.\n......\n");
}

TEST(Draw, AWideOutlineLiesInside) {
  Image image = black(7, 6);
  draw_rectangle(image, {0, 0}, {6, 5}, {255, 0, 0}, 2);
  EXPECT_EQ(shown(image), "#######\n#######\n##...##\n##...##\n#######\n#######\n");
}

TEST(Draw, LeavesOutWhatLiesOutside) {
  Image image = black(4, 3);
  draw_rectangle(image, {-5, 1}, {1e300, 1e300}, {255, 0, 0});
  EXPECT_EQ(shown(image), "....\n####\n....\n");
}

TEST(Draw, ClosesAPolygon) {
  Image image = black(5, 5);
  const std::vector<Point> points = {{0, 0}, {4, 0}, {0, 4}};
  draw_polygon(image, points, {255, 255, 255});
  EXPECT_EQ(shown(image), "#####\n#..#.\n#.#..\n##...\n#....\n");
}

TEST(Draw, RefusesWhatPillowRefuses) {
  Image image = black(4, 4);
  EXPECT_THROW(draw_rectangle(image, {3, 0}, {1, 2}, {255, 0, 0}), Error);
  EXPECT_THROW(draw_polygon(image, std::vector<Point>{{1, 1}}, {255, 0, 0}), Error);
  EXPECT_THROW(draw_polygon(image, std::vector<Point>{{1, 1}, {std::nan(""), 2}}, {255, 0, 0}), Error);
}

}  // namespace
}  // namespace lmms_eval::media
