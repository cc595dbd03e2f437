#include "models/local/torch/fingerprint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/atomic_file.h"
#include "base/hash.h"
#include "models/local/safetensors.h"

namespace lmms_eval::local {
namespace {

/// Checkpoints up to this size are hashed whole.
constexpr std::size_t kWholeUpTo = 64u << 20;
constexpr std::size_t kBlock = 16u << 10;
constexpr std::size_t kBlocks = 16;

std::string_view bytes_of(const TensorView& tensor, std::size_t offset, std::size_t count) {
  return {reinterpret_cast<const char*>(tensor.data) + offset, count};
}

void add_tensor(Sha256& hash, const TensorView& tensor, bool whole) {
  hash.update(fmt::format("{} {} [{}]\n", tensor.name, to_string(tensor.dtype), fmt::join(tensor.shape, ",")));
  if (whole || tensor.bytes <= kBlocks * kBlock) return hash.update(bytes_of(tensor, 0, tensor.bytes));
  for (std::size_t i = 0; i < kBlocks; ++i)
    hash.update(bytes_of(tensor, (tensor.bytes - kBlock) * i / (kBlocks - 1), kBlock));
}

}  // namespace

std::string checkpoint_fingerprint(const std::filesystem::path& folder) {
  Sha256 hash;
  for (const auto* name : {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
                           "special_tokens_map.json", "preprocessor_config.json", "processor_config.json"}) {
    const auto file = folder / name;
    if (std::filesystem::exists(file)) hash.update(fmt::format("{}\n{}\n", name, sha256_hex(read_file(file))));
  }
  const auto weights = SafeTensors::open(folder);
  std::size_t size = 0;
  for (const auto& tensor : weights.tensors()) size += tensor.bytes;
  for (const auto& tensor : weights.tensors()) add_tensor(hash, tensor, size <= kWholeUpTo);
  return hash.hex();
}

}  // namespace lmms_eval::local
