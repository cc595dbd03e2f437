#pragma once

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "models/local/torch/local_model.h"

namespace lmms_eval::local::testing {

inline std::filesystem::path bundled_folder() {
  return std::filesystem::path(LMMS_EVAL_SOURCE_DIR) / "tests/models/tiny-llava-onevision";
}

inline LocalOptions bundled_options(const std::string& dtype = "float32") {
  LocalOptions options;
  options.folder = bundled_folder();
  options.dtype = dtype;
  options.device = "cpu";
  return options;
}

/// Puts a NaN at the begin of an f32 tensor of a checkpoint folder.
inline void put_nan(const std::filesystem::path& folder, const std::string& tensor) {
  std::fstream file(folder / "model.safetensors", std::ios::binary | std::ios::in | std::ios::out);
  std::uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), 8);
  std::string header(length, ' ');
  file.read(header.data(), static_cast<std::streamsize>(length));
  const auto entry = nlohmann::json::parse(header).at(tensor);
  if (entry.at("dtype") != "F32") throw std::runtime_error(tensor + " is not of type F32");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  file.seekp(static_cast<std::streamoff>(8 + length + entry.at("data_offsets")[0].get<std::uint64_t>()));
  file.write(reinterpret_cast<const char*>(&nan), sizeof nan);
}

}  // namespace lmms_eval::local::testing
