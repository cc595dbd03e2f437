#include "models/local/torch/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/hash.h"

namespace lmms_eval::local {
namespace {

constexpr std::uintmax_t kWholeUpTo = 64u << 20;
constexpr std::size_t kBlock = 64u << 10;
constexpr std::uintmax_t kBlocks = 256;

/// A safetensors file begins with its tensor table, which the first block holds but for very deep models; those are
/// told apart by the spaced blocks.
void add_weights(Sha256& hash, const std::filesystem::path& file) {
  const auto size = std::filesystem::file_size(file);
  hash.update(fmt::format("{} {}\n", file.filename().string(), size));
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(kBlock);
  const auto add_at = [&](std::uintmax_t offset) {
    in.seekg(static_cast<std::streamoff>(offset));
    const auto wanted = std::min<std::uintmax_t>(kBlock, size - offset);
    if (!in.read(block.data(), static_cast<std::streamsize>(wanted)))
      throw errors::data("{}: cannot be read", file.string());
    hash.update({block.data(), static_cast<std::size_t>(wanted)});
  };
  if (size <= kWholeUpTo) {
    for (std::uintmax_t offset = 0; offset < size; offset += kBlock) add_at(offset);
    return;
  }
  for (std::uintmax_t i = 0; i < kBlocks; ++i) add_at((size - kBlock) * i / (kBlocks - 1));
}

}  // namespace

std::string checkpoint_fingerprint(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> weights;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") weights.push_back(entry.path());
  std::sort(weights.begin(), weights.end());
  Sha256 hash;
  for (const auto* name : {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
                           "preprocessor_config.json", "processor_config.json", "model.safetensors.index.json"}) {
    const auto file = folder / name;
    if (std::filesystem::exists(file)) hash.update(fmt::format("{}\n{}\n", name, sha256_hex(read_file(file))));
  }
  for (const auto& file : weights) add_weights(hash, file);
  return hash.hex();
}

}  // namespace lmms_eval::local
