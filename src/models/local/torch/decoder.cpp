#include "models/local/torch/decoder.h"

#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// transformers 5 writes rope_parameters, 4 wrote rope_theta and rope_scaling.
double rope_theta(const Config& config) {
  for (const auto* key : {"rope_scaling", "rope_parameters"}) {
    const auto rope = config.section(key);
    const auto type = rope.text("rope_type", rope.text("type", "default"));
    if (type != "default")
      throw errors::model("{}: RoPE of type '{}' is not supported (only default)", config.name_of(key), type);
    if (rope.number("partial_rotary_factor", 1.0) != 1.0)
      throw errors::model("{}: a partial rotary factor is not supported", config.name_of(key));
    if (rope.has("rope_theta")) return rope.number("rope_theta");
  }
  return config.number("rope_theta", 10000.0);
}

void refuse_sliding_windows(const Config& config) {
  bool sliding = config.boolean("use_sliding_window", false) && config.has("sliding_window");
  if (config.has("layer_types"))
    for (const auto& type : config.json().at("layer_types")) sliding = sliding || type != "full_attention";
  if (sliding)
    throw errors::model("{}: sliding-window attention is not supported", config.name_of("use_sliding_window"));
}

}  // namespace

DecoderShape DecoderShape::qwen2(const Config& config) {
  refuse_sliding_windows(config);
  DecoderShape shape;
  shape.vocab = config.integer("vocab_size", 151936);
  shape.hidden = config.integer("hidden_size", 4096);
  shape.intermediate = config.integer("intermediate_size", 22016);
  shape.layers = config.integer("num_hidden_layers", 32);
  shape.heads = config.integer("num_attention_heads", 32);
  shape.kv_heads = config.integer("num_key_value_heads", config.has("num_key_value_heads") ? 0 : shape.heads);
  shape.max_positions = config.integer("max_position_embeddings", 32768);
  shape.norm_eps = config.number("rms_norm_eps", 1e-6);
  shape.rope_theta = local::rope_theta(config);
  shape.qkv_bias = true;
  shape.act = activation(config.text("hidden_act", "silu"), config.name_of("hidden_act"));
  if (shape.vocab < 1 || shape.hidden < 1 || shape.heads < 1 || shape.kv_heads < 1 || shape.layers < 1)
    throw errors::model("{}: sizes must be positive", config.name_of("hidden_size"));
  if (shape.heads % shape.kv_heads != 0)
    throw errors::model("{} ({}) does not divide num_attention_heads ({})", config.name_of("num_key_value_heads"),
                        shape.kv_heads, shape.heads);
  shape.head_dim = config.integer("head_dim", shape.hidden / shape.heads);
  if (shape.head_dim < 2 || shape.head_dim % 2 != 0)
    throw errors::model("{}: heads of {} channels cannot be rotated in halves", config.name_of("hidden_size"),
                        shape.head_dim);
  return shape;
}

Decoder::Decoder(const DecoderShape& shape, const WeightLoader& weights, const WeightLoader& head)
    : shape_(shape), rope_(shape.rope_theta, shape.head_dim, weights.device()) {
  embedding_ = weights.take("embed_tokens.weight", {shape.vocab, shape.hidden});
  const auto query_size = shape.heads * shape.head_dim, key_size = shape.kv_heads * shape.head_dim;
  for (std::int64_t i = 0; i < shape.layers; ++i) {
    const auto at = weights.scope("layers." + std::to_string(i));
    const auto linear = [&](const char* name, std::int64_t inputs, std::int64_t outputs, bool bias) {
      return Linear::load(at, name, inputs, outputs, bias);
    };
    Layer layer;
    layer.attention_norm = RmsNorm::load(at, "input_layernorm", shape.hidden, shape.norm_eps);
    layer.mlp_norm = RmsNorm::load(at, "post_attention_layernorm", shape.hidden, shape.norm_eps);
    layer.qkv = Linear::fuse({linear("self_attn.q_proj", shape.hidden, query_size, shape.qkv_bias),
                              linear("self_attn.k_proj", shape.hidden, key_size, shape.qkv_bias),
                              linear("self_attn.v_proj", shape.hidden, key_size, shape.qkv_bias)});
    layer.output = linear("self_attn.o_proj", query_size, shape.hidden, false);
    layer.gate_up = Linear::fuse({linear("mlp.gate_proj", shape.hidden, shape.intermediate, false),
                                  linear("mlp.up_proj", shape.hidden, shape.intermediate, false)});
    layer.down = linear("mlp.down_proj", shape.intermediate, shape.hidden, false);
    layers_.push_back(std::move(layer));
  }
  norm_ = RmsNorm::load(weights, "norm", shape.hidden, shape.norm_eps);
  head_ = shape.tied_head ? Linear(embedding_, {}) : Linear::load(head, "lm_head", shape.hidden, shape.vocab, false);
}

at::Tensor Decoder::embed(const at::Tensor& ids) const { return embedding_.index_select(0, ids); }

at::Tensor Decoder::forward(at::Tensor x, const at::Tensor& positions, AttentionPlan& plan) const {
  const auto angles = rope_.angles(positions, x.scalar_type());
  const auto turned = shape_.heads + shape_.kv_heads;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& layer = layers_[i];
    const auto qkv = layer.qkv(layer.attention_norm(x)).unflatten(-1, {turned + shape_.kv_heads, shape_.head_dim});
    const auto rotated = Rope::rotate(qkv.narrow(1, 0, turned), angles);
    const auto seen =
        plan.attend(i, rotated.narrow(1, 0, shape_.heads), rotated.narrow(1, shape_.heads, shape_.kv_heads),
                    qkv.narrow(1, turned, shape_.kv_heads));
    x = x + layer.output(seen);
    const auto gate_up = layer.gate_up(layer.mlp_norm(x));
    const auto inner = shape_.act(gate_up.narrow(-1, 0, shape_.intermediate)) *
                       gate_up.narrow(-1, shape_.intermediate, shape_.intermediate);
    x.add_(layer.down(inner));
  }
  return x;
}

at::Tensor Decoder::logits(const at::Tensor& states) const { return head_(norm_(states)); }

KvCache Decoder::make_cache(std::int64_t rows, std::int64_t capacity) const {
  return {shape_.layers, rows, shape_.kv_heads, shape_.head_dim, capacity, options()};
}

}  // namespace lmms_eval::local
