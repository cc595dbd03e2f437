#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "models/local/torch/config.h"
#include "models/local/torch/kv_cache.h"
#include "models/local/torch/layers.h"

namespace lmms_eval::local {

/// The shape of a decoder-only text model of the Llama line.
struct DecoderShape {
  std::int64_t vocab = 0, hidden = 0, intermediate = 0, layers = 0, heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t max_positions = 0;
  double norm_eps = 1e-6, rope_theta = 10000.0;
  bool qkv_bias = false;
  bool tied_head = false;  ///< logits use the embedding's weight
  Activation act = nullptr;

  /// A text_config of model_type qwen2, with the defaults of transformers' Qwen2Config. Throws Error{model} for what is
  /// not supported: sliding windows, RoPE scaling, quantisation.
  static DecoderShape qwen2(const Config& config);
};

/// Pre-norm decoder: RMSNorm, rotary GQA attention, RMSNorm, SwiGLU. Source: transformers' modeling_qwen2.py.
class Decoder {
 public:
  /// `weights` is scoped to embed_tokens, layers.N, norm; `head` holds lm_head (unused when tied).
  Decoder(const DecoderShape& shape, const WeightLoader& weights, const WeightLoader& head);

  const DecoderShape& shape() const { return shape_; }
  const at::TensorOptions options() const { return embedding_.options(); }

  /// ids: [tokens] (int64) → [tokens, hidden]
  at::Tensor embed(const at::Tensor& ids) const;
  /// x: [tokens, hidden], positions: [tokens] → the last layer's states, not yet normed, [tokens, hidden]
  at::Tensor forward(at::Tensor x, const at::Tensor& positions, AttentionPlan& plan) const;
  /// Final norm and head: [n, hidden] → [n, vocab] in the model's type.
  at::Tensor logits(const at::Tensor& states) const;
  KvCache make_cache(std::int64_t rows, std::int64_t capacity) const;

 private:
  struct Layer {
    RmsNorm attention_norm, mlp_norm;
    Linear qkv, output, gate_up, down;
  };

  DecoderShape shape_;
  at::Tensor embedding_;
  std::vector<Layer> layers_;
  RmsNorm norm_;
  Linear head_;
  Rope rope_;
};

}  // namespace lmms_eval::local
