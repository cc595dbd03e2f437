#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"

namespace lmms_eval::data {

/// Where the docs of a task come from: the dataset_* fields of its YAML.
struct DataSource {
  std::string path;                    ///< dataset_path: parquet, json, csv, or a local folder
  std::string name;                    ///< dataset_name
  nlohmann::ordered_json kwargs = nlohmann::ordered_json::object();  ///< dataset_kwargs
  std::filesystem::path folder;        ///< relative data_files are looked for here: the YAML's folder
  std::string where;                   ///< "tasks/digits/digits.yaml:3", for messages
};

/// One split: rows read on demand. Thread-safe; fast when ids ascend, possible in any order.
class Split {
 public:
  virtual ~Split() = default;
  virtual std::int64_t num_rows() const = 0;
  /// Throws Error{data} with file and row.
  virtual Doc row(std::int64_t id) const = 0;
  virtual const std::vector<std::string>& columns() const = 0;
};

/// Opens a split. Throws Error{data} for a missing file, an unreadable one, a split that does not exist (naming those that do), and
/// for data sets that this version cannot load.
std::unique_ptr<Split> open_split(const DataSource& source, const std::string& split);

// Readers, one file each. `files` exist.
std::unique_ptr<Split> open_parquet(const std::vector<std::filesystem::path>& files);
std::unique_ptr<Split> open_json(const std::vector<std::filesystem::path>& files, const std::string& field);
std::unique_ptr<Split> open_csv(const std::vector<std::filesystem::path>& files);

}  // namespace lmms_eval::data
