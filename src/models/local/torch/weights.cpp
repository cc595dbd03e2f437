#include "models/local/torch/weights.h"

#include <fmt/ranges.h>

#include <set>

#include "models/local/torch/pch.h"

namespace lmms_eval::local {

struct WeightLoader::State {
  State(SafeTensors opened, at::ScalarType wanted, at::Device where)
      : files(std::move(opened)), dtype(wanted), device(where) {}

  SafeTensors files;
  at::ScalarType dtype;
  at::Device device;
  std::map<std::string, const TensorView*> tensors;  // by the family's name
  std::set<std::string> taken;
};

at::ScalarType scalar_type(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return at::kFloat;
    case DType::f16:
      return at::kHalf;
    case DType::bf16:
      return at::kBFloat16;
    case DType::f64:
      return at::kDouble;
    case DType::i64:
      return at::kLong;
    case DType::i32:
      return at::kInt;
    case DType::i16:
      return at::kShort;
    case DType::i8:
      return at::kChar;
    case DType::u8:
      return at::kByte;
    case DType::boolean:
      return at::kBool;
  }
  throw errors::internal("unknown tensor type");
}

std::string dtype_name(at::ScalarType dtype) {
  if (dtype == at::kBFloat16) return "bfloat16";
  if (dtype == at::kHalf) return "float16";
  return dtype == at::kFloat ? "float32" : std::string(c10::toString(dtype));
}

std::optional<at::ScalarType> dtype_from(std::string_view name) {
  if (name == "float32" || name == "fp32" || name == "float") return at::kFloat;
  if (name == "bfloat16" || name == "bf16") return at::kBFloat16;
  if (name == "float16" || name == "fp16" || name == "half") return at::kHalf;
  return std::nullopt;
}

WeightLoader::WeightLoader(SafeTensors files, const Renames& renames, at::ScalarType dtype, at::Device device)
    : state_(std::make_shared<State>(std::move(files), dtype, device)) {
  for (const auto& tensor : state_->files.tensors()) {
    std::string name = tensor.name;
    for (const auto& [from, to] : renames)
      if (name.starts_with(from)) name = to + name.substr(from.size());
    const auto [place, added] = state_->tensors.emplace(name, &tensor);
    if (!added)
      throw errors::model("{}: tensors '{}' and '{}' are the same weight under two names", tensor.file,
                          place->second->name, tensor.name);
  }
}

WeightLoader WeightLoader::scope(std::string_view prefix) const {
  WeightLoader inner = *this;
  inner.prefix_ += std::string(prefix) + ".";
  return inner;
}

at::Tensor WeightLoader::take(const std::string& name, at::IntArrayRef shape) const {
  const std::string full = prefix_ + name;
  const auto found = state_->tensors.find(full);
  if (found == state_->tensors.end()) {
    const auto files = state_->files.files();
    throw errors::model("{}: weight '{}' is missing from the checkpoint",
                        files.empty() ? "model.safetensors" : files.front().parent_path().string(), full);
  }
  const TensorView& view = *found->second;
  if (at::IntArrayRef(view.shape) != shape)
    throw errors::model("{}: tensor '{}' has shape [{}], config.json asks for [{}]", view.file, view.name,
                        fmt::join(view.shape, ", "), fmt::join(shape, ", "));
  const auto type = scalar_type(view.dtype);
  if (!at::isFloatingType(type))
    throw errors::model(
        "{}: tensor '{}' is of type {}; weights must be f32, bf16 or f16 (quantised checkpoints are not supported)",
        view.file, view.name, to_string(view.dtype));
  state_->taken.insert(full);
  auto mapped = at::from_blob(
      const_cast<std::byte*>(view.data), view.shape, [mapping = state_->files.mapping()](void*) {},
      at::TensorOptions().dtype(type));
  return mapped.to(state_->device, state_->dtype);
}

void WeightLoader::report_unused() const {
  for (const auto& [name, view] : state_->tensors)
    if (!state_->taken.contains(name)) spdlog::debug("{}: tensor '{}' is not used", view->file, view->name);
}

at::ScalarType WeightLoader::dtype() const { return state_->dtype; }
at::Device WeightLoader::device() const { return state_->device; }

}  // namespace lmms_eval::local
