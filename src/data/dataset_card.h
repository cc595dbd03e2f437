#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lmms_eval::data {

/// One entry of `configs` in the front matter of a data set's README.md.
struct CardConfig {
  std::string name;
  nlohmann::ordered_json data_files;  ///< {split: [pattern, ...]} in the order written; null: by the names of the files
  std::string data_dir;               ///< patterns are relative to it
  std::string separator;              ///< of CSV; empty: by the extension
  bool is_default = false;
  std::string where;  ///< "README.md:4"
};

/// The configurations that README.md (and .huggingface.yaml, which wins) of a data set folder declare; none without
/// them. Throws Error{data} with file:line for what the datasets library would not take.
std::vector<CardConfig> read_dataset_card(const std::filesystem::path& folder);

}  // namespace lmms_eval::data
