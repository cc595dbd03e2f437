#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/image.h"
#include "models/local/image_processor.h"

namespace lmms_eval::local {

/// What preprocessor_config.json of a LLaVA-OneVision checkpoint says, with transformers' defaults where it is silent.
struct ImageProcessorConfig {
  std::string file;               ///< where it was read
  std::optional<ImageSize> size;  ///< a fixed size, or
  int shortest_edge = 0;          ///< the length of the shorter edge (the other follows the picture)
  std::vector<ImageSize> grid_pinpoints;
  media::Resample resample = media::Resample::bicubic;
  bool resize = true;
  bool rescale = true;
  bool normalize = true;
  double rescale_factor = 1.0 / 255;
  std::array<double, 3> mean{};
  std::array<double, 3> std{};

  /// The base tile.
  ImageSize tile_size() const { return size ? *size : ImageSize{shortest_edge, shortest_edge}; }
};

/// Reads processor_config.json if it holds an "image_processor", else preprocessor_config.json: the precedence of
/// transformers. Throws Error{model} that names the file and the key for what is malformed or not supported.
ImageProcessorConfig load_image_processor_config(const std::filesystem::path& folder);

}  // namespace lmms_eval::local
