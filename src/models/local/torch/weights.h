#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/local/safetensors.h"

namespace lmms_eval::local {

/// Hands a checkpoint's tensors to the modules of a family, by the family's own names.
///
/// Key prefixes changed over transformers' versions; the rename table brings them to one form. A tensor that has the
/// wanted type is used where it lies in the mapped file; others are converted. Throws Error{model} for a missing tensor
/// (naming it) and for a wrong shape (tensor, file, expected, found). Copies share one state; not thread-safe.
class WeightLoader {
 public:
  /// A key that starts with `first` starts with `second` instead. All entries are tried in order, each once.
  using Renames = std::vector<std::pair<std::string, std::string>>;

  WeightLoader(SafeTensors files, const Renames& renames, at::ScalarType dtype, at::Device device);

  /// The same loader with "prefix." before all names.
  WeightLoader scope(std::string_view prefix) const;
  at::Tensor take(const std::string& name, at::IntArrayRef shape) const;
  /// Logs at debug level what nothing has taken.
  void report_unused() const;

  at::ScalarType dtype() const;
  at::Device device() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::string prefix_;
};

at::ScalarType scalar_type(DType dtype);
/// "float32", "bfloat16", "float16".
std::string dtype_name(at::ScalarType dtype);
/// Inverse of dtype_name; nothing for other texts.
std::optional<at::ScalarType> dtype_from(std::string_view name);

}  // namespace lmms_eval::local
