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
  std::string separator;                     ///< of CSV, where it is not a comma
};

/// Finds them: by data_files, or in a data set folder as the datasets library does (configurations of its README.md,
/// then the names of files and folders). Throws Error{data} as open_split does.
SplitFiles find_split_files(const DataSource& source, const std::string& split);

}  // namespace lmms_eval::data
