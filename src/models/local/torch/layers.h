#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "models/local/torch/weights.h"

namespace lmms_eval::local {

/// y = x W^T + b over the last dimension; `bias` may be undefined.
class Linear {
 public:
  Linear() = default;
  Linear(at::Tensor weight, at::Tensor bias);
  /// Reads "<name>.weight" [outputs, inputs] and, if asked for, "<name>.bias".
  static Linear load(const WeightLoader& weights, const std::string& name, std::int64_t inputs, std::int64_t outputs,
                     bool bias);
  /// Several layers over the same input as one, outputs one after the other.
  static Linear fuse(const std::vector<Linear>& parts);

  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

/// Mean and variance over the last dimension, scale and shift.
struct LayerNorm {
  static LayerNorm load(const WeightLoader& weights, const std::string& name, std::int64_t size, double eps);
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight, bias;
  double eps = 1e-6;
};

/// x / rms(x), computed in f32, brought back to the model's type and scaled there: the order of transformers'
/// Qwen2RMSNorm.
struct RmsNorm {
  static RmsNorm load(const WeightLoader& weights, const std::string& name, std::int64_t size, double eps);
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight;
  double eps = 1e-6;
};

/// An activation under its name in config files. Throws Error{model} with the known names; `key` says which key asked.
using Activation = at::Tensor (*)(const at::Tensor&);
Activation activation(const std::string& name, const std::string& key);

/// Rotary positions, rotate-half form: the angles' cosines and sines for given positions.
struct Rope {
  /// `theta` is the base, `head_dim` the rotated width.
  Rope(double theta, std::int64_t head_dim, at::Device device);

  struct Angles {
    at::Tensor cos, sin;  ///< [tokens, 1, head_dim], in the model's type
  };
  Angles angles(const at::Tensor& positions, at::ScalarType dtype) const;
  /// x: [tokens, heads, head_dim]
  static at::Tensor rotate(const at::Tensor& x, const Angles& angles);

  at::Tensor inverse_frequencies;
};

/// softmax(q k^T / sqrt(d)) v. q: [rows, heads, queries, d], k and v: [rows, kv_heads, keys, d]; kv heads are shared by
/// groups of query heads. `mask` is undefined or additive, broadcast to [rows, heads, queries, keys]. Returns
/// [rows, queries, heads * d].
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask,
                     bool causal);

}  // namespace lmms_eval::local
