#pragma once

#include <cstdint>
#include <string_view>

#include "models/local/image_processor.h"

namespace lmms_eval::local {

/// Which features of a tiled picture reach the language model: rows and columns that hold padding are dropped, and what
/// is left is scaled down where it exceeds `max_tiles` tiles by more than a tenth.
///
/// All arithmetic is that of transformers (doubles, int(round(x, 7)), floor division), so that token counts agree
/// exactly.
struct AnyresLayout {
  std::int64_t top = 0, left = 0;      ///< first row and column kept
  std::int64_t height = 0, width = 0;  ///< rows and columns kept
  bool scaled = false;
  std::int64_t out_height = 0, out_width = 0;  ///< after scaling; equal to height and width without it

  /// Tokens of the tiles: one newline a row.
  std::int64_t tokens() const { return out_height * (out_width + 1); }
};

/// `original`: the picture; `rows` x `columns` tiles of `grid` x `grid` features.
AnyresLayout anyres_layout(ImageSize original, std::int64_t rows, std::int64_t columns, std::int64_t grid,
                           std::int64_t max_tiles);

/// The number in "anyres_max_9". Throws Error{model} for other texts.
std::int64_t anyres_max_tiles(std::string_view aspect_ratio);

}  // namespace lmms_eval::local
