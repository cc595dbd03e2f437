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
  std::string path;  ///< dataset_path: parquet, json, csv, a local folder, or the name of a data set of the Hub
  std::string name;  ///< dataset_name
  nlohmann::ordered_json kwargs = nlohmann::ordered_json::object();  ///< dataset_kwargs
  std::filesystem::path folder;  ///< relative data_files are looked for here: the YAML's folder
  std::filesystem::path root;    ///< --dataset_root: folders named as data sets of the Hub; may be empty
  std::string where;             ///< "tasks/digits/digits.yaml:3", for messages
};

/// One split: rows read on demand. Thread-safe; fast when ids ascend, possible in any order.
class Split {
 public:
  virtual ~Split() = default;
  virtual std::int64_t num_rows() const = 0;
  /// Throws Error{data} with file and row.
  virtual Doc row(std::int64_t id) const = 0;
  virtual const std::vector<std::string>& columns() const = 0;
  /// The folder of the first file: what paths inside the data are relative to.
  virtual std::filesystem::path folder() const = 0;
};

/// Decoded rows that a split may keep: little for docs that are read once in order, more for examples that are drawn at
/// random.
constexpr std::size_t kSequentialBytes = std::size_t{2} << 20;
constexpr std::size_t kRandomAccessBytes = std::size_t{64} << 20;

/// Opens a split. Throws Error{data} for a missing file, an unreadable one, a split that does not exist (naming those
/// that do), and for data sets that this version cannot load; Error{config} for dataset_kwargs that it does not know.
std::unique_ptr<Split> open_split(const DataSource& source, const std::string& split,
                                  std::size_t kept_bytes = kSequentialBytes);

// Readers, one file each. `files` exist.
std::unique_ptr<Split> open_parquet(const std::vector<std::filesystem::path>& files, std::size_t kept_bytes);
/// Lines of JSON objects, or one document with a list of them (in `field`, if one is named). A key that a row lacks is
/// null in it.
std::unique_ptr<Split> open_json(const std::vector<std::filesystem::path>& files, const std::string& field);
/// Rows that are at hand: a list of objects. Paths inside them are relative to `folder`.
std::unique_ptr<Split> open_rows(nlohmann::ordered_json rows, const std::filesystem::path& folder);
/// With a header; types are inferred, empty values are null, dates stay text.
std::unique_ptr<Split> open_csv(const std::vector<std::filesystem::path>& files, char delimiter);

}  // namespace lmms_eval::data
