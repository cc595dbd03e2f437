#include "media/draw.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/errors.h"

namespace lmms_eval::media {
namespace {

struct Pixel {
  std::int64_t x = 0;
  std::int64_t y = 0;
};

/// Far outside is as good as further outside; without the bound a wild number would be a line without end.
Pixel pixel_of(Point point) {
  if (!std::isfinite(point.x) || !std::isfinite(point.y)) throw errors::data("a point of the drawing is no number");
  constexpr double kFar = 1 << 20;
  return {static_cast<std::int64_t>(std::clamp(point.x, -kFar, kFar)),
          static_cast<std::int64_t>(std::clamp(point.y, -kFar, kFar))};
}

void paint(Image& image, std::int64_t x, std::int64_t y, Color color) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  const auto at = static_cast<std::size_t>((y * image.width + x) * 3);
  std::copy(color.begin(), color.end(), image.data.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Bresenham's line as Pillow steps it: the end is left to the next line.
void line(Image& image, Pixel from, Pixel to, Color color) {
  const std::int64_t across = std::abs(to.x - from.x), down = std::abs(to.y - from.y);
  const std::int64_t step_x = to.x < from.x ? -1 : 1, step_y = to.y < from.y ? -1 : 1;
  const bool flat = across > down;
  const std::int64_t longer = flat ? across : down, shorter = flat ? down : across;
  std::int64_t error = 2 * shorter - longer;
  for (std::int64_t i = 0; i < longer; ++i) {
    paint(image, from.x, from.y, color);
    if (error >= 0 && shorter > 0) {
      (flat ? from.y : from.x) += flat ? step_y : step_x;
      error -= 2 * longer;
    }
    error += 2 * shorter;
    (flat ? from.x : from.y) += flat ? step_x : step_y;
  }
}

void require_rgb(const Image& image) {
  if (image.channels != 3) throw errors::internal("drawing on a picture of {} channels", image.channels);
}

}  // namespace

void draw_rectangle(Image& image, Point top_left, Point bottom_right, Color color, int width) {
  require_rgb(image);
  if (bottom_right.x < top_left.x || bottom_right.y < top_left.y)
    throw errors::data("the box ({}, {}) to ({}, {}) has no inside: its right or lower edge comes before the other one",
                       top_left.x, top_left.y, bottom_right.x, bottom_right.y);
  const Pixel first = pixel_of(top_left), last = pixel_of(bottom_right);
  const auto left = std::max<std::int64_t>(first.x, 0), right = std::min<std::int64_t>(last.x, image.width - 1);
  for (int i = 0; i < width; ++i) {
    for (auto x = left; x <= right; ++x) {
      paint(image, x, first.y + i, color);
      paint(image, x, last.y - i, color);
    }
    const Pixel upper_right{last.x - i, first.y + width}, lower_right{last.x - i, last.y - width + 1};
    const Pixel upper_left{first.x + i, first.y + width}, lower_left{first.x + i, last.y - width + 1};
    line(image, upper_right, lower_right, color);
    line(image, upper_left, lower_left, color);
  }
}

void draw_polygon(Image& image, std::span<const Point> points, Color color) {
  require_rgb(image);
  if (points.size() < 2) throw errors::data("a polygon of {} points", points.size());
  for (std::size_t i = 0; i < points.size(); ++i)
    line(image, pixel_of(points[i]), pixel_of(points[(i + 1) % points.size()]), color);
}

}  // namespace lmms_eval::media
