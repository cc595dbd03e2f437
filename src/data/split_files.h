#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace lmms_eval::data {

/// The files of a split and how to read them.
struct SplitFiles {
  std::string format;                        ///< "parquet", "json" or "csv"
  std::vector<std::filesystem::path> files;  ///< in order, not empty, all there
};

/// Finds them from data_files or in a folder. Throws Error{data} as open_split does.
SplitFiles find_split_files(const DataSource& source, const std::string& split);

}  // namespace lmms_eval::data
