#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/local/torch/config.h"
#include "models/local/torch/layers.h"

namespace lmms_eval::local {

/// SigLIP vision transformer: patches, learned positions, pre-norm blocks, no class token.
/// Source: transformers' modeling_siglip.py.
class SiglipTower {
 public:
  /// `config` is a vision_config (defaults of SiglipVisionConfig). `layers`: which hidden states are wanted, 0 being
  /// the patch embeddings, n the output of block n, negative from the end; blocks above the highest are not loaded.
  SiglipTower(const Config& config, const WeightLoader& weights, const std::vector<std::int64_t>& layers);

  /// pixels: [tiles, 3, size, size] → the wanted states side by side, [tiles, patches, hidden * layers], without the
  /// final norm (as hidden_states of transformers).
  at::Tensor operator()(const at::Tensor& pixels) const;

  std::int64_t hidden() const { return hidden_; }
  /// Patches on one side of a tile.
  std::int64_t grid() const { return image_size_ / patch_size_; }

 private:
  struct Layer {
    LayerNorm attention_norm, mlp_norm;
    Linear qkv, output, up, down;
  };

  at::Tensor patches(const at::Tensor& pixels) const;
  void apply(const Layer& layer, at::Tensor& x) const;

  std::int64_t hidden_, heads_, image_size_, patch_size_, channels_;
  Activation act_;
  Linear patch_embedding_;
  at::Tensor positions_;  ///< [patches, hidden]
  std::vector<Layer> layers_;
  std::vector<std::size_t> wanted_;
};

}  // namespace lmms_eval::local
