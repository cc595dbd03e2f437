#include "data/dataset.h"

#include <glob.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::vector<std::string> kFormats = {"parquet", "json", "csv"};

/// The files of a name, path or glob pattern, relative to the YAML's folder.
std::vector<fs::path> files_of(const std::string& text, const DataSource& source) {
  if (text.find("://") != text.npos) throw errors::data("{}: data_files {}: URLs cannot be read in this version; give a local file", source.where, text);
  const fs::path path = fs::path(text).is_absolute() ? fs::path(text) : source.folder / text;
  if (text.find_first_of("*?[") == text.npos) {
    if (!fs::is_regular_file(path)) throw errors::data("{}: no such data file: {}", source.where, path.string());
    return {path};
  }
  glob_t found{};
  std::vector<fs::path> files;
  if (::glob(path.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (files.empty()) throw errors::data("{}: no data file matches {}", source.where, path.string());
  return files;
}

void collect_files(const Json& value, const DataSource& source, std::vector<fs::path>& files) {
  if (value.is_string()) {
    for (auto& file : files_of(value.get<std::string>(), source)) files.push_back(std::move(file));
  } else if (value.is_array()) {
    for (const auto& item : value) collect_files(item, source, files);
  } else {
    throw errors::data("{}: data_files must be a file name, a list of them, or a map of split to either", source.where);
  }
}

[[noreturn]] void no_split(const DataSource& source, const std::string& split, const std::vector<std::string>& known) {
  throw errors::data("{}: data set {} has no split '{}' (it has {}){}", source.where, source.path, split, join(known, ", "),
                     did_you_mean(split, known));
}

/// Files of a split by data_files; without a map they are the split "train", as in datasets.
std::vector<fs::path> listed_files(const DataSource& source, const std::string& split) {
  if (!source.kwargs.contains("data_files"))
    throw errors::data("{}: dataset_path {} needs dataset_kwargs.data_files", source.where, source.path);
  const Json& listed = source.kwargs["data_files"];
  std::vector<fs::path> files;
  if (listed.is_object()) {
    std::vector<std::string> known;
    for (const auto& [name, value] : listed.items()) known.push_back(name);
    if (!listed.contains(split)) no_split(source, split, known);
    collect_files(listed[split], source, files);
  } else {
    if (split != "train") no_split(source, split, {"train"});
    collect_files(listed, source, files);
  }
  return files;
}

struct FolderFile {
  fs::path path;
  std::string split;
};

/// Files of a local data set folder by their names: <split>.parquet, <split>-00000-of-00001.parquet, data/<split>-…, <config>/….
std::vector<FolderFile> folder_files(const fs::path& folder) {
  std::vector<FolderFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (!entry.is_regular_file() || !(extension == ".parquet" || extension == ".jsonl" || extension == ".json" || extension == ".csv")) continue;
    const std::string stem = entry.path().stem().string();
    files.push_back({entry.path(), stem.substr(0, stem.find('-'))});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<fs::path> files_in_folder(const DataSource& source, const std::string& split) {
  fs::path folder = fs::path(source.path).is_absolute() ? fs::path(source.path) : source.folder / source.path;
  if (!fs::is_directory(folder)) folder = source.path;
  if (!source.name.empty() && fs::is_directory(folder / source.name)) folder /= source.name;
  std::vector<fs::path> files;
  std::vector<std::string> known;
  for (const auto& file : folder_files(folder)) {
    if (file.split == split) files.push_back(file.path);
    else if (std::find(known.begin(), known.end(), file.split) == known.end()) known.push_back(file.split);
  }
  if (files.empty()) no_split(source, split, known);
  return files;
}

}  // namespace

std::unique_ptr<Split> open_split(const DataSource& source, const std::string& split) {
  for (const auto& [key, value] : source.kwargs.items()) {
    static const std::vector<std::string> kKnown = {"data_files", "field", "token", "trust_remote_code", "revision", "num_proc", "max_retries", "local_files_only"};
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
      throw errors::data("{}: dataset_kwargs.{} is not supported in this version", source.where, key);
  }
  const bool is_format = std::find(kFormats.begin(), kFormats.end(), source.path) != kFormats.end();
  const bool is_folder = !is_format && (fs::is_directory(source.path) || fs::is_directory(source.folder / source.path));
  if (!is_format && !is_folder) {
    throw errors::data("{}: data set '{}' is not a local folder, and data sets of a hub cannot be fetched in this version; download it and name "
                       "its folder, or use dataset_path: parquet with dataset_kwargs.data_files", source.where, source.path);
  }
  const auto files = is_format ? listed_files(source, split) : files_in_folder(source, split);
  const std::string format = is_format ? source.path : files.front().extension().string();
  return errors::with_context("while opening split '" + split + "' of " + source.where, [&]() -> std::unique_ptr<Split> {
    if (format == "parquet" || format == ".parquet") return open_parquet(files);
    if (format == "csv" || format == ".csv") return open_csv(files);
    const auto field = source.kwargs.find("field");
    return open_json(files, field == source.kwargs.end() ? "" : field->get<std::string>());
  });
}

}  // namespace lmms_eval::data
