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

/// A tensor in a mapped file: row-major, aligned for its dtype, valid as long as the SafeTensors object (or its
/// `mapping`) lives.
struct TensorView {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;
  std::size_t bytes = 0;
  std::string file;  ///< for messages
};

/// The weights of a checkpoint folder: model.safetensors, or model.safetensors.index.json and its shards, mapped
/// read-only.
///
/// Nothing is copied, except tensors that stand at an address that their dtype does not allow (files of some old
/// writers). If both are there, model.safetensors wins, as in transformers. Immutable, thread-safe. Throws
/// Error{model}, naming file and tensor, for a missing file (saying which names were looked for), a missing shard, a
/// file that is shorter or longer than its header says, tensors that overlap, leave holes or do not have the size of
/// their shape, an unknown dtype, a tensor that the index has and its shard has not, or that two shards have. A file
/// that is cut while it is mapped ends the process (SIGBUS), as with any mapping.
class LMMS_EVAL_API SafeTensors {
 public:
  static SafeTensors open(const std::filesystem::path& folder);
  ~SafeTensors();
  SafeTensors(SafeTensors&&) noexcept;

  const std::vector<TensorView>& tensors() const;       ///< sorted by name
  const TensorView* find(std::string_view name) const;  ///< null if absent
  /// Keeps the mappings alive for as long as it is held.
  std::shared_ptr<const void> mapping() const;
  /// In the order in which they were opened.
  std::vector<std::filesystem::path> files() const;

 private:
  struct State;
  explicit SafeTensors(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace lmms_eval::local
