#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval::local {

enum class DType { f32, f16, bf16, f64, i64, i32, i16, i8, u8, boolean };

LMMS_EVAL_API std::string_view to_string(DType dtype);
LMMS_EVAL_API std::size_t size_of(DType dtype);

/// A tensor in a mapped file: row-major, valid as long as the SafeTensors object (or its `mapping`) lives.
struct TensorView {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;
  std::size_t bytes = 0;
  std::string file;  ///< for messages
};

/// The weights of a checkpoint folder: model.safetensors, or model.safetensors.index.json and its shards, mapped read-only.
///
/// Nothing is copied. Throws Error{model} for a missing file (saying which names were looked for), a truncated file, a header
/// that does not fit the file, overlapping or misaligned tensors, an unknown dtype.
class LMMS_EVAL_API SafeTensors {
 public:
  static SafeTensors open(const std::filesystem::path& folder);
  ~SafeTensors();
  SafeTensors(SafeTensors&&) noexcept;

  const std::vector<TensorView>& tensors() const;        ///< sorted by name
  const TensorView* find(std::string_view name) const;   ///< null if absent
  /// Keeps the mappings alive for as long as it is held.
  std::shared_ptr<const void> mapping() const;
  std::vector<std::filesystem::path> files() const;

 private:
  struct State;
  explicit SafeTensors(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace lmms_eval::local
