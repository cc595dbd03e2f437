#include "models/local/torch/anyres.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/errors.h"

namespace lmms_eval::local {
namespace {

/// int(round(x, 7)) of Python: correctly rounded to seven decimals, as printf does, then cut.
std::int64_t int_of_round7(double x) {
  char text[64];
  std::snprintf(text, sizeof text, "%.7f", x);
  return static_cast<std::int64_t>(std::strtod(text, nullptr));
}

/// int(a // b) of Python for positive doubles, which is not floor(a / b) where the quotient rounds up to an integer.
std::int64_t floor_divide(double a, double b) {
  const double quotient = (a - std::fmod(a, b)) / b;
  const double whole = std::floor(quotient);
  return static_cast<std::int64_t>(quotient - whole > 0.5 ? whole + 1 : whole);
}

}  // namespace

AnyresLayout anyres_layout(ImageSize original, std::int64_t rows, std::int64_t columns, std::int64_t grid,
                           std::int64_t max_tiles) {
  AnyresLayout layout;
  layout.height = rows * grid;
  layout.width = columns * grid;
  const double original_aspect = static_cast<double>(original.width) / original.height;
  const double current_aspect = static_cast<double>(layout.width) / static_cast<double>(layout.height);
  if (original_aspect > current_aspect) {
    const double scale = static_cast<double>(layout.width) / original.width;
    layout.top = (layout.height - int_of_round7(original.height * scale)) / 2;
    layout.height -= 2 * layout.top;
  } else {
    const double scale = static_cast<double>(layout.height) / original.height;
    layout.left = (layout.width - int_of_round7(original.width * scale)) / 2;
    layout.width -= 2 * layout.left;
  }
  layout.out_height = layout.height;
  layout.out_width = layout.width;
  const double ratio =
      std::sqrt(static_cast<double>(layout.height * layout.width) / static_cast<double>(max_tiles * grid * grid));
  if (ratio > 1.1) {
    layout.scaled = true;
    layout.out_height = floor_divide(static_cast<double>(layout.height), ratio);
    layout.out_width = floor_divide(static_cast<double>(layout.width), ratio);
  }
  return layout;
}

std::int64_t anyres_max_tiles(std::string_view aspect_ratio) {
  constexpr std::string_view kPrefix = "anyres_max_";
  std::int64_t tiles = 0;
  if (aspect_ratio.starts_with(kPrefix)) {
    const auto digits = aspect_ratio.substr(kPrefix.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), tiles);
    if (error == std::errc() && end == digits.data() + digits.size() && tiles > 0) return tiles;
  }
  throw errors::model("config.json: vision_aspect_ratio must be 'anyres_max_N', not '{}'", aspect_ratio);
}

}  // namespace lmms_eval::local
