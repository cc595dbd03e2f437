#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/local/tokenizer/pattern.h"

namespace lmms_eval::local::tokenization {

/// What becomes of the matches when a text is split.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// A stretch of the text on its way to the model: an added token, whose id is known, or text still to be cut and
/// encoded.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int32_t token = -1;
  bool at_start = false;  ///< the original text starts here
};

/// A text cut in pieces. Steps either cut the pieces finer (the text stays) or rewrite their text.
struct PieceList {
  std::string text;
  std::vector<Piece> pieces;

  std::string_view view(const Piece& piece) const {
    return std::string_view(text).substr(piece.begin, piece.end - piece.begin);
  }

  /// Cuts every piece that is no token; empty results are dropped.
  void split(const Pattern& pattern, SplitBehavior behavior, bool invert);

  /// Replaces the text of every piece that is no token. `rewrite(std::string_view old, const Piece&, std::string& out)`
  /// appends the new text to `out`. Pieces that become empty stay.
  template <typename Rewrite>
  void rewrite(Rewrite rewrite) {
    std::string fresh;
    fresh.reserve(text.size() + text.size() / 2);
    for (auto& piece : pieces) {
      const std::size_t begin = fresh.size();
      if (piece.token >= 0) {
        fresh += view(piece);
      } else {
        rewrite(view(piece), piece, fresh);
      }
      piece.begin = begin;
      piece.end = fresh.size();
    }
    text = std::move(fresh);
  }
};

}  // namespace lmms_eval::local::tokenization
