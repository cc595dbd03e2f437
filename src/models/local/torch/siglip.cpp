#include "models/local/torch/siglip.h"

#include "models/local/torch/pch.h"

namespace lmms_eval::local {

SiglipTower::SiglipTower(const Config& config, const WeightLoader& weights, const std::vector<std::int64_t>& layers)
    : hidden_(config.integer("hidden_size", 768)),
      heads_(config.integer("num_attention_heads", 12)),
      image_size_(config.integer("image_size", 224)),
      patch_size_(config.integer("patch_size", 16)),
      channels_(config.integer("num_channels", 3)),
      act_(activation(config.text("hidden_act", "gelu_pytorch_tanh"), config.name_of("hidden_act"))) {
  if (heads_ < 1 || hidden_ % heads_ != 0)
    throw errors::model("{} ({}) does not divide hidden_size ({})", config.name_of("num_attention_heads"), heads_,
                        hidden_);
  if (patch_size_ < 1 || image_size_ < patch_size_)
    throw errors::model("{} ({}) does not fit image_size ({})", config.name_of("patch_size"), patch_size_, image_size_);
  if (layers.empty()) throw errors::model("config.json: vision_feature_layer names no layer");
  const auto depth = config.integer("num_hidden_layers", 12);
  const auto intermediate = config.integer("intermediate_size", 3072);
  const auto eps = config.number("layer_norm_eps", 1e-6);
  for (const auto layer : layers) {
    const auto index = layer < 0 ? layer + depth + 1 : layer;
    if (index < 0 || index > depth)
      throw errors::model("config.json: vision_feature_layer {} is out of range: the vision tower has {} layers", layer,
                          depth);
    wanted_.push_back(static_cast<std::size_t>(index));
  }
  const auto patch_values = channels_ * patch_size_ * patch_size_;
  const auto kernel = weights.take("embeddings.patch_embedding.weight", {hidden_, channels_, patch_size_, patch_size_});
  patch_embedding_ = {kernel.view({hidden_, patch_values}), weights.take("embeddings.patch_embedding.bias", {hidden_})};
  positions_ = weights.take("embeddings.position_embedding.weight", {grid() * grid(), hidden_});
  for (std::size_t i = 0; i < *std::max_element(wanted_.begin(), wanted_.end()); ++i) {
    const auto at = weights.scope("encoder.layers." + std::to_string(i));
    const auto linear = [&](const char* name, std::int64_t inputs, std::int64_t outputs) {
      return Linear::load(at, name, inputs, outputs, true);
    };
    Layer layer;
    layer.attention_norm = LayerNorm::load(at, "layer_norm1", hidden_, eps);
    layer.mlp_norm = LayerNorm::load(at, "layer_norm2", hidden_, eps);
    layer.qkv =
        Linear::fuse({linear("self_attn.q_proj", hidden_, hidden_), linear("self_attn.k_proj", hidden_, hidden_),
                      linear("self_attn.v_proj", hidden_, hidden_)});
    layer.output = linear("self_attn.out_proj", hidden_, hidden_);
    layer.up = linear("mlp.fc1", hidden_, intermediate);
    layer.down = linear("mlp.fc2", intermediate, hidden_);
    layers_.push_back(std::move(layer));
  }
}

/// The convolution's stride is its kernel, so it is a product of flattened patches.
at::Tensor SiglipTower::patches(const at::Tensor& pixels) const {
  const auto tiles = pixels.size(0), side = grid();
  const auto whole = pixels.narrow(2, 0, side * patch_size_).narrow(3, 0, side * patch_size_);
  const auto flat = whole.reshape({tiles, channels_, side, patch_size_, side, patch_size_})
                        .permute({0, 2, 4, 1, 3, 5})
                        .reshape({tiles, side * side, channels_ * patch_size_ * patch_size_});
  return patch_embedding_(flat).add_(positions_);
}

void SiglipTower::apply(const Layer& layer, at::Tensor& x) const {
  const auto qkv = layer.qkv(layer.attention_norm(x)).unflatten(-1, {3 * heads_, hidden_ / heads_}).transpose(1, 2);
  const auto seen =
      attention(qkv.narrow(1, 0, heads_), qkv.narrow(1, heads_, heads_), qkv.narrow(1, 2 * heads_, heads_), {}, false);
  x = x + layer.output(seen);
  x.add_(layer.down(act_(layer.up(layer.mlp_norm(x)))));
}

at::Tensor SiglipTower::operator()(const at::Tensor& pixels) const {
  auto x = patches(pixels.to(positions_.device(), positions_.scalar_type()));
  std::vector<at::Tensor> states(wanted_.size());
  const auto keep = [&](std::size_t depth) {
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (wanted_[i] == depth) states[i] = x;
  };
  keep(0);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    apply(layers_[i], x);
    keep(i + 1);
  }
  return states.size() == 1 ? states.front() : at::cat(states, -1);
}

}  // namespace lmms_eval::local
