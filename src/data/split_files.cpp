#include "data/split_files.h"

#include <glob.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::vector<std::string> kFormats = {"parquet", "json", "csv"};

[[noreturn]] void no_split(const DataSource& source, const std::string& split, const std::vector<std::string>& known) {
  throw errors::data("{}: data set {} has no split '{}' (it has {}){}", source.where, source.path, split,
                     known.empty() ? "no data files" : join(known, ", "), did_you_mean(split, known));
}

/// The files of a name, path or glob pattern, relative to the YAML's folder.
std::vector<fs::path> files_of(const std::string& text, const DataSource& source) {
  if (text.find("://") != text.npos)
    throw errors::data("{}: data_files {}: URLs cannot be read in this version; fetch the file and give its path",
                       source.where, text);
  const fs::path path = fs::path(text).is_absolute() ? fs::path(text) : source.folder / text;
  if (fs::is_regular_file(path)) return {path};
  if (text.find_first_of("*?[") == text.npos)
    throw errors::data("{}: no such data file: {}", source.where, path.string());
  glob_t found{};
  std::vector<fs::path> files;
  if (::glob(path.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  std::erase_if(files, [](const fs::path& file) { return !fs::is_regular_file(file); });
  if (files.empty()) throw errors::data("{}: no data file matches {}", source.where, path.string());
  return files;
}

[[noreturn]] void wrong_data_files(const DataSource& source) {
  throw errors::config("{}: data_files must be a file name, a list of them, or a map of split to either", source.where);
}

void collect_files(const Json& value, const DataSource& source, std::vector<fs::path>& files) {
  if (value.is_string()) {
    for (auto& file : files_of(value.get<std::string>(), source)) files.push_back(std::move(file));
  } else if (value.is_array() && !value.empty()) {
    for (const auto& item : value) collect_files(item, source, files);
  } else {
    wrong_data_files(source);
  }
}

/// Files of a split by data_files; without a map they are the split "train", as in datasets.
std::vector<fs::path> listed_files(const DataSource& source, const std::string& split) {
  const Json& listed = source.kwargs["data_files"];
  std::vector<fs::path> files;
  if (!listed.is_object()) {
    if (!listed.is_string() && !listed.is_array()) wrong_data_files(source);
    if (split != "train") no_split(source, split, {"train"});
    collect_files(listed, source, files);
    return files;
  }
  std::vector<std::string> known;
  for (const auto& [name, value] : listed.items()) known.push_back(name);
  if (!listed.contains(split)) no_split(source, split, known);
  collect_files(listed[split], source, files);
  return files;
}

std::optional<std::string> split_named_by(const std::string& word) {
  static const std::map<std::string, std::string> kWords = {
      {"train", "train"},      {"training", "train"}, {"validation", "validation"},
      {"valid", "validation"}, {"val", "validation"}, {"dev", "validation"},
      {"test", "test"},        {"testing", "test"},   {"eval", "test"},
      {"evaluation", "test"}};
  const auto found = kWords.find(to_lower(word));
  return found == kWords.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> split_in(const std::string& text) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isalnum(static_cast<unsigned char>(text[i]))) {
      word += text[i];
      continue;
    }
    if (const auto split = split_named_by(word)) return split;
    word.clear();
  }
  return std::nullopt;
}

bool are_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::string format_of(const fs::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".parquet") return "parquet";
  if (extension == ".jsonl" || extension == ".json") return "json";
  return extension == ".csv" ? "csv" : "";
}

/// Data files of a folder by format, hidden folders left out.
std::map<std::string, std::vector<fs::path>> files_by_format(const fs::path& folder) {
  std::map<std::string, std::vector<fs::path>> files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    const std::string format = format_of(entry->path());
    if (!hidden && !format.empty() && entry->is_regular_file()) files[format].push_back(entry->path());
  }
  for (auto& [format, list] : files) std::sort(list.begin(), list.end());
  return files;
}

fs::path in_yaml_folder(const DataSource& source, const std::string& path) {
  if (fs::path(path).is_absolute()) return path;
  const fs::path beside = source.folder / path;
  return fs::is_directory(beside) ? beside : fs::path(path);
}

/// The folder of the configuration `dataset_name`, and `data_dir` below it.
fs::path data_folder(const DataSource& source) {
  fs::path folder = in_yaml_folder(source, source.path);
  if (!source.name.empty() && source.name != "default") {
    if (!fs::is_directory(folder / source.name))
      throw errors::data("{}: data set folder {} has no folder '{}' (dataset_name)", source.where, folder.string(),
                         source.name);
    folder /= source.name;
  }
  if (!source.kwargs.contains("data_dir")) return folder;
  folder /= source.kwargs["data_dir"].get<std::string>();
  if (!fs::is_directory(folder)) throw errors::data("{}: no such folder: {} (data_dir)", source.where, folder.string());
  return folder;
}

SplitFiles files_in_folder(const DataSource& source, const std::string& split) {
  const fs::path folder = data_folder(source);
  const auto by_format = files_by_format(folder);
  std::vector<std::string> known;
  for (const auto& format : kFormats) {
    const auto found = by_format.find(format);
    if (found == by_format.end()) continue;
    SplitFiles result{format, {}};
    for (const auto& file : found->second) {
      const std::string name = split_of_file(fs::relative(file, folder));
      if (name == split)
        result.files.push_back(file);
      else if (std::find(known.begin(), known.end(), name) == known.end())
        known.push_back(name);
    }
    if (!result.files.empty()) return result;
  }
  no_split(source, split, known);
}

[[noreturn]] void not_local(const DataSource& source) {
  static const std::vector<std::string> kOtherFormats = {"arrow",       "text",        "pandas",      "webdataset",
                                                         "imagefolder", "audiofolder", "videofolder", "xml"};
  if (std::find(kOtherFormats.begin(), kOtherFormats.end(), source.path) != kOtherFormats.end())
    throw errors::data("{}: dataset_path {} is not supported in this version; convert the data to Parquet",
                       source.where, source.path);
  throw errors::data(
      "{}: '{}' is not a local folder, and data sets of a hub are not supported in this version; fetch its files (hf "
      "download {} "
      "--repo-type dataset --local-dir DIR) and set dataset_path to that folder, or use dataset_path: parquet with "
      "dataset_kwargs.data_files",
      source.where, source.path, source.path);
}

}  // namespace

std::string split_of_file(const fs::path& relative) {
  const std::string stem = relative.stem().string();
  // <split>-00000-of-00001, maybe with a hash behind.
  if (const auto of = stem.find("-of-"); of != stem.npos && of >= 6) {
    const auto dash = stem.rfind('-', of - 1);
    if (dash != stem.npos && dash > 0 && are_digits(std::string_view(stem).substr(dash + 1, of - dash - 1)))
      return stem.substr(0, dash);
  }
  if (const auto split = split_in(stem)) return *split;
  if (const auto split = split_in(relative.parent_path().string())) return *split;
  return stem;
}

SplitFiles find_split_files(const DataSource& source, const std::string& split) {
  if (std::find(kFormats.begin(), kFormats.end(), source.path) != kFormats.end()) {
    if (!source.kwargs.contains("data_files"))
      throw errors::config("{}: dataset_path {} needs dataset_kwargs.data_files: a file, or a map of splits to files",
                           source.where, source.path);
    return {source.path, listed_files(source, split)};
  }
  if (source.path.empty() || !fs::is_directory(in_yaml_folder(source, source.path))) not_local(source);
  if (!source.kwargs.contains("data_files")) return files_in_folder(source, split);
  DataSource inside = source;
  inside.folder = data_folder(source);
  SplitFiles found{"", listed_files(inside, split)};
  found.format = format_of(found.files.front());
  if (found.format.empty())
    throw errors::data("{}: {} is neither .parquet, .json, .jsonl nor .csv", source.where,
                       found.files.front().string());
  return found;
}

}  // namespace lmms_eval::data
