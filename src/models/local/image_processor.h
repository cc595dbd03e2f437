#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lmms_eval/export.h"
#include "media/image.h"

namespace lmms_eval::local {

struct ImageSize {
  int height = 0;
  int width = 0;
  bool operator==(const ImageSize&) const = default;
};

/// Pictures made ready for a vision tower.
struct ProcessedImage {
  std::vector<float> pixels;  ///< [tiles, 3, height, width], normalised
  int tiles = 0;
  ImageSize tile;               ///< height and width of one tile
  ImageSize original;           ///< of the picture before any resize
  bool duplicate_tile = false;  ///< tile 1 equals tile 0 bit for bit: encode once
};

/// LlavaOnevisionImageProcessor of transformers, PIL backend, of RGB pictures: anyres tiling, Pillow's resize, rescale,
/// normalise. Configured by preprocessor_config.json. Thread-safe, immutable.
class LMMS_EVAL_API LlavaOnevisionImageProcessor {
 public:
  static LlavaOnevisionImageProcessor load(const std::filesystem::path& folder);
  ~LlavaOnevisionImageProcessor();
  LlavaOnevisionImageProcessor(LlavaOnevisionImageProcessor&&) noexcept;

  /// `multi_image`: the conversation holds several pictures, so each is one base tile (no anyres).
  ProcessedImage process(const media::Image& image, bool multi_image) const;
  /// The uint8 stage alone, for tests: tiles as RGB images before rescale and normalise.
  std::vector<media::Image> tiles(const media::Image& image, bool multi_image) const;

  /// Candidate resolutions, as the model needs them for unpadding.
  const std::vector<ImageSize>& grid_pinpoints() const;
  ImageSize tile_size() const;

 private:
  struct State;
  explicit LlavaOnevisionImageProcessor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// transformers' select_best_resolution: most effective pixels, then least waste, first wins.
LMMS_EVAL_API ImageSize select_best_resolution(ImageSize original, const std::vector<ImageSize>& candidates);

}  // namespace lmms_eval::local
