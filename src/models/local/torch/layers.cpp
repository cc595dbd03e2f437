#include "models/local/torch/layers.h"

#include "base/text.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// From how many rows on a product is worth the copy of its weight to f32.
constexpr std::int64_t kRowsWorthWidening = 16;

/// True for a half-precision type that this CPU multiplies only element by element: oneDNN takes bf16 from AVX-512 on,
/// f16 from AVX512-FP16 on, and ATen's own loops are several times slower than f32 products.
bool slow_on_cpu(const at::Tensor& x) {
  static const bool bf16 =
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const bool f16 = __builtin_cpu_supports("avx512fp16");
  if (!x.is_cpu()) return false;
  return (x.scalar_type() == at::kBFloat16 && !bf16) || (x.scalar_type() == at::kHalf && !f16);
}

at::Tensor wide(const at::Tensor& x) { return x.to(at::kFloat); }

}  // namespace

Linear::Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

Linear Linear::load(const WeightLoader& weights, const std::string& name, std::int64_t inputs, std::int64_t outputs,
                    bool bias) {
  auto weight = weights.take(name + ".weight", {outputs, inputs});
  return {std::move(weight), bias ? weights.take(name + ".bias", {outputs}) : at::Tensor()};
}

Linear Linear::fuse(const std::vector<Linear>& parts) {
  std::vector<at::Tensor> weights, biases;
  for (const auto& part : parts) {
    weights.push_back(part.weight_);
    if (part.bias_.defined()) biases.push_back(part.bias_);
  }
  if (!biases.empty() && biases.size() != parts.size()) throw errors::internal("fused layers differ in their bias");
  return {at::cat(weights), biases.empty() ? at::Tensor() : at::cat(biases)};
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  if (!slow_on_cpu(x) || x.numel() < kRowsWorthWidening * x.size(-1)) return at::linear(x, weight_, bias_);
  // Summed in f32 and rounded once, as oneDNN does where it takes the type.
  return at::linear(wide(x), wide(weight_), bias_.defined() ? wide(bias_) : bias_).to(x.scalar_type());
}

LayerNorm LayerNorm::load(const WeightLoader& weights, const std::string& name, std::int64_t size, double eps) {
  return {weights.take(name + ".weight", {size}), weights.take(name + ".bias", {size}), eps};
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

RmsNorm RmsNorm::load(const WeightLoader& weights, const std::string& name, std::int64_t size, double eps) {
  return {weights.take(name + ".weight", {size}), eps};
}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  const auto wide = x.to(at::kFloat);
  const auto scale = wide.square().mean(-1, true).add_(eps).rsqrt_();
  return (wide * scale).to(x.scalar_type()).mul_(weight);
}

Activation activation(const std::string& name, const std::string& key) {
  const auto exact = [](const at::Tensor& x) { return at::gelu(x); };
  const auto tanh_form = [](const at::Tensor& x) { return at::gelu(x, "tanh"); };
  const auto silu = [](const at::Tensor& x) { return at::silu(x); };
  static const std::map<std::string, Activation> known = {
      {"gelu", exact},
      {"gelu_python", exact},
      {"gelu_pytorch_tanh", tanh_form},
      {"gelu_python_tanh", tanh_form},
      {"gelu_new", tanh_form},
      {"gelu_fast", tanh_form},
      {"gelu_accurate", tanh_form},
      {"silu", silu},
      {"swish", silu},
      {"quick_gelu", [](const at::Tensor& x) { return x * at::sigmoid(x * 1.702); }},
      {"relu", [](const at::Tensor& x) { return at::relu(x); }},
      {"relu2", [](const at::Tensor& x) { return at::relu(x).square_(); }},
      {"relu6", [](const at::Tensor& x) { return at::relu6(x); }},
      {"leaky_relu", [](const at::Tensor& x) { return at::leaky_relu(x); }},
      {"hardswish", [](const at::Tensor& x) { return at::hardswish(x); }},
      {"mish", [](const at::Tensor& x) { return at::mish(x); }},
      {"sigmoid", [](const at::Tensor& x) { return at::sigmoid(x); }},
      {"tanh", [](const at::Tensor& x) { return at::tanh(x); }},
      {"linear", [](const at::Tensor& x) { return x; }},
  };
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [other, unused] : known) names.push_back(other);
  throw errors::model("{}: activation '{}' is not supported (known: {})", key, name, join(names, ", "));
}

Rope::Rope(double theta, std::int64_t head_dim, at::Device device) {
  const auto exponents =
      at::arange(0, head_dim, 2, at::TensorOptions().dtype(at::kFloat)) / static_cast<double>(head_dim);
  inverse_frequencies = (1.0 / at::pow(theta, exponents)).to(device);
}

Rope::Angles Rope::angles(const at::Tensor& positions, at::ScalarType dtype) const {
  const auto half = positions.to(at::kFloat).unsqueeze(-1) * inverse_frequencies;
  const auto full = at::cat({half, half}, -1).unsqueeze(1);
  return {full.cos().to(dtype), full.sin().to(dtype)};
}

at::Tensor Rope::rotate(const at::Tensor& x, const Angles& angles) {
  const auto half = x.size(-1) / 2;
  const auto turned = at::cat({x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)}, -1);
  return (x * angles.cos).add_(turned.mul_(angles.sin));
}

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask,
                     bool causal) {
  const auto rows = q.size(0), heads = q.size(1), queries = q.size(2), width = q.size(3);
  const auto groups = heads / k.size(1);
  if (queries >= kRowsWorthWidening && slow_on_cpu(q))
    return attention(wide(q), wide(k), wide(v), mask.defined() ? wide(mask) : mask, causal).to(q.scalar_type());
  const std::optional<at::Tensor> bias = mask.defined() ? std::optional(mask) : std::nullopt;
  if (groups == 1 || queries == 1) {
    // One query: the heads of a group stand as queries of their shared head, so that keys are not repeated.
    const auto folded = groups == 1 ? q : q.reshape({rows, k.size(1), groups, width});
    const auto out = at::scaled_dot_product_attention(folded, k, v, bias, 0.0, causal && queries > 1);
    if (groups == 1) return out.transpose(1, 2).reshape({rows, queries, heads * width});
    return out.reshape({rows, 1, heads * width});
  }
  const auto repeat = [&](const at::Tensor& x) {
    return x.unsqueeze(2).expand({rows, x.size(1), groups, x.size(2), width}).reshape({rows, heads, x.size(2), width});
  };
  const auto out = at::scaled_dot_product_attention(q, repeat(k), repeat(v), bias, 0.0, causal);
  return out.transpose(1, 2).reshape({rows, queries, heads * width});
}

}  // namespace lmms_eval::local
