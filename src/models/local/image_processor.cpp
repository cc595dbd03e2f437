// Source: transformers 5, image_processing_pil_llava_onevision.py, image_processing_backends.py (PilBackend),
// image_processing_utils.py (select_best_resolution, get_patch_output_size), image_transforms.py (rescale, normalize).
#include "models/local/image_processor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/errors.h"
#include "models/local/image_processor_config.h"

namespace lmms_eval::local {
namespace {

using media::Image;

Image blank(int width, int height) {
  Image image{width, height, 3, {}};
  image.data.resize(static_cast<std::size_t>(width) * height * 3);
  return image;
}

/// A square of the longer edge with the picture in its middle.
Image pad_to_square(const Image& image, const std::array<std::uint8_t, 3>& background) {
  if (image.width == image.height) return image;
  const int side = std::max(image.width, image.height);
  Image square = blank(side, side);
  for (std::size_t i = 0; i < square.data.size(); i += 3) std::memcpy(&square.data[i], background.data(), 3);
  const std::size_t left = (side - image.width) / 2, top = (side - image.height) / 2;
  const std::size_t row = static_cast<std::size_t>(image.width) * 3;
  for (int y = 0; y < image.height; ++y)
    std::memcpy(&square.data[((top + y) * side + left) * 3], &image.data[y * row], row);
  return square;
}

/// The size that fills the target on one side and keeps the aspect ratio; the other side is rounded up.
ImageSize fit(ImageSize original, ImageSize target) {
  const double scale_w = static_cast<double>(target.width) / original.width;
  const double scale_h = static_cast<double>(target.height) / original.height;
  if (scale_w < scale_h)
    return {std::min(static_cast<int>(std::ceil(original.height * scale_w)), target.height), target.width};
  return {target.height, std::min(static_cast<int>(std::ceil(original.width * scale_h)), target.width)};
}

/// The part of a canvas that starts at (x, y), for a canvas that is black but for `image` at (left, top).
Image cut(const Image& image, int left, int top, int x, int y, ImageSize size) {
  Image tile = blank(size.width, size.height);
  const int from_x = std::max(x, left), to_x = std::min(x + size.width, left + image.width);
  const int from_y = std::max(y, top), to_y = std::min(y + size.height, top + image.height);
  if (from_x >= to_x) return tile;
  for (int row = from_y; row < to_y; ++row)
    std::memcpy(&tile.data[(static_cast<std::size_t>(row - y) * size.width + (from_x - x)) * 3],
                &image.data[(static_cast<std::size_t>(row - top) * image.width + (from_x - left)) * 3],
                static_cast<std::size_t>(to_x - from_x) * 3);
  return tile;
}

ImageSize size_of(const Image& image) { return {image.height, image.width}; }

}  // namespace

struct LlavaOnevisionImageProcessor::State {
  ImageProcessorConfig config;
  std::string file;  ///< the configuration file, for errors
  /// The float of each 8-bit value of each channel: what rescale and normalize make of it.
  std::array<std::array<float, 256>, 3> floats{};
  std::array<std::uint8_t, 3> background{};

  void fill_tables();
  Image resized(const Image& image, ImageSize size) const {
    return media::resize(image, size.width, size.height, config.resample);
  }
  /// do_resize: to `size`, or with its shortest edge to `size`.
  Image resized_to_config(const Image& image) const;
  std::vector<Image> anyres(const Image& image, bool& duplicate) const;
  /// `duplicate`: the second tile is the first again.
  std::vector<Image> tiles(const Image& image, bool multi_image, bool& duplicate) const;
};

/// In the order and precision of transformers: the product in doubles, rounded to single; mean and std in single.
void LlavaOnevisionImageProcessor::State::fill_tables() {
  for (std::size_t c = 0; c < 3; ++c) {
    background[c] = static_cast<std::uint8_t>(static_cast<int>(config.mean[c] * 255));
    const auto mean = static_cast<float>(config.mean[c]), std = static_cast<float>(config.std[c]);
    for (int value = 0; value < 256; ++value) {
      auto result = static_cast<float>(value);
      if (config.rescale) result = static_cast<float>(value * config.rescale_factor);
      if (config.normalize) result = (result - mean) / std;
      floats[c][value] = result;
    }
  }
}

Image LlavaOnevisionImageProcessor::State::resized_to_config(const Image& image) const {
  if (config.size) return resized(image, *config.size);
  const double edge = config.shortest_edge;
  if (image.width <= image.height)
    return resized(image, {static_cast<int>(edge * image.height / image.width), config.shortest_edge});
  return resized(image, {config.shortest_edge, static_cast<int>(edge * image.width / image.height)});
}

std::vector<Image> LlavaOnevisionImageProcessor::State::anyres(const Image& image, bool& duplicate) const {
  const auto base = config.tile_size();
  const int patch = base.height;  // transformers cuts squares of `height`, whatever the width of `size`
  const auto target = select_best_resolution(size_of(image), config.grid_pinpoints);
  const auto fitted = fit(size_of(image), target);
  std::vector<Image> tiles{resized(image, base)};
  duplicate = target == base && fitted == base && base.width == patch;
  if (duplicate) {
    tiles.push_back(tiles.front());
    return tiles;
  }
  const auto picture = resized(image, fitted);
  const int left = (target.width - fitted.width) / 2, top = (target.height - fitted.height) / 2;
  for (int y = 0; y < target.height; y += patch)
    for (int x = 0; x < target.width; x += patch)
      tiles.push_back(
          cut(picture, left, top, x, y, {std::min(patch, target.height - y), std::min(patch, target.width - x)}));
  return tiles;
}

std::vector<Image> LlavaOnevisionImageProcessor::State::tiles(const Image& image, bool multi_image,
                                                              bool& duplicate) const {
  if (image.width < 1 || image.height < 1)
    throw errors::data("a picture of {} x {} cannot be processed", image.width, image.height);
  if (image.channels != 3) throw errors::internal("a picture with {} channels was not decoded to RGB", image.channels);
  duplicate = false;
  auto result = multi_image ? std::vector<Image>{pad_to_square(image, background)} : anyres(image, duplicate);
  if (config.resize)
    for (auto& tile : result) tile = resized_to_config(tile);
  for (const auto& tile : result)
    if (size_of(tile) != size_of(result.front()))
      throw errors::model("{}: 'size' and 'image_grid_pinpoints' give tiles of different sizes ({} x {} and {} x {})",
                          file, result.front().width, result.front().height, tile.width, tile.height);
  if (result.size() == 2) duplicate = duplicate || result[0].data == result[1].data;
  return result;
}

LlavaOnevisionImageProcessor::LlavaOnevisionImageProcessor(std::unique_ptr<State> state) : state_(std::move(state)) {}
LlavaOnevisionImageProcessor::~LlavaOnevisionImageProcessor() = default;
LlavaOnevisionImageProcessor::LlavaOnevisionImageProcessor(LlavaOnevisionImageProcessor&&) noexcept = default;

LlavaOnevisionImageProcessor LlavaOnevisionImageProcessor::load(const std::filesystem::path& folder) {
  auto state = std::make_unique<State>();
  state->config = load_image_processor_config(folder);
  state->file = state->config.file;
  state->fill_tables();
  return LlavaOnevisionImageProcessor(std::move(state));
}

std::vector<Image> LlavaOnevisionImageProcessor::tiles(const Image& image, bool multi_image) const {
  bool duplicate = false;
  return state_->tiles(image, multi_image, duplicate);
}

ProcessedImage LlavaOnevisionImageProcessor::process(const Image& image, bool multi_image) const {
  ProcessedImage result;
  const auto tiles = state_->tiles(image, multi_image, result.duplicate_tile);
  result.tiles = static_cast<int>(tiles.size());
  result.tile = size_of(tiles.front());
  result.original = size_of(image);
  const std::size_t plane = static_cast<std::size_t>(result.tile.height) * result.tile.width;
  result.pixels.resize(tiles.size() * 3 * plane);
  auto* out = result.pixels.data();
  for (std::size_t t = 0; t < tiles.size(); ++t, out += 3 * plane) {
    if (t == 1 && result.duplicate_tile) {
      std::copy_n(result.pixels.data(), 3 * plane, out);
      continue;
    }
    const auto* in = tiles[t].data.data();
    for (std::size_t i = 0; i < plane; ++i, in += 3)
      for (std::size_t c = 0; c < 3; ++c) out[c * plane + i] = state_->floats[c][in[c]];
  }
  return result;
}

const std::vector<ImageSize>& LlavaOnevisionImageProcessor::grid_pinpoints() const {
  return state_->config.grid_pinpoints;
}

ImageSize LlavaOnevisionImageProcessor::tile_size() const { return state_->config.tile_size(); }

ImageSize select_best_resolution(ImageSize original, const std::vector<ImageSize>& candidates) {
  ImageSize best;
  std::int64_t most_effective = 0, least_wasted = std::numeric_limits<std::int64_t>::max();
  const auto pixels = std::int64_t{original.width} * original.height;
  for (const auto& candidate : candidates) {
    const double scale = std::min(static_cast<double>(candidate.width) / original.width,
                                  static_cast<double>(candidate.height) / original.height);
    const auto width = static_cast<std::int64_t>(original.width * scale);
    const auto height = static_cast<std::int64_t>(original.height * scale);
    const auto effective = std::min(width * height, pixels);
    const auto wasted = std::int64_t{candidate.width} * candidate.height - effective;
    if (effective > most_effective || (effective == most_effective && wasted < least_wasted)) {
      most_effective = effective;
      least_wasted = wasted;
      best = candidate;
    }
  }
  return best;
}

}  // namespace lmms_eval::local
