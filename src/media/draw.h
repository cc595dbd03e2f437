#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lmms_eval/export.h"
#include "media/image.h"

namespace lmms_eval::media {

using Color = std::array<std::uint8_t, 3>;  ///< red, green, blue

struct Point {
  double x = 0;
  double y = 0;
};

/// Outlines on an RGB picture, the same pixels as Pillow's ImageDraw: coordinates are cut to whole pixels, what lies
/// outside is not drawn. `width` pixels of a rectangle's outline lie inside it. Throw Error{data} for a rectangle whose
/// corners are the wrong way round and for a polygon of fewer than two points, which Pillow refuses too.
LMMS_EVAL_API void draw_rectangle(Image& image, Point top_left, Point bottom_right, Color color, int width = 1);
LMMS_EVAL_API void draw_polygon(Image& image, std::span<const Point> points, Color color);

}  // namespace lmms_eval::media
