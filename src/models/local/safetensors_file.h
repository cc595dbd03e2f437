#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "models/local/safetensors.h"

namespace lmms_eval::local {

/// A whole file mapped read-only. Throws Error{model} if it cannot be opened or mapped.
class MappedFile {
 public:
  explicit MappedFile(std::filesystem::path path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

/// The tensors of one .safetensors file, in the order of their bytes: 8 bytes little-endian length of the header, the
/// header as JSON, the data. Throws Error{model} for anything that does not fit; see SafeTensors.
std::vector<TensorView> read_safetensors_header(const MappedFile& file);

}  // namespace lmms_eval::local
