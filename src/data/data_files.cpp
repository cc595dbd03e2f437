#include "data/data_files.h"

#include <glob.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/text.h"
#include "data/dataset_card.h"
#include "data/file_pattern.h"
#include "data/hub_cache.h"
#include "data/split_patterns.h"

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

/// What a file is by one part of its name behind a dot; the datasets library knows more formats than are read here.
const std::map<std::string, std::string>& format_by_extension() {
  static const std::map<std::string, std::string> kFormatByExtension = [] {
    std::map<std::string, std::string> formats = {
        {"parquet", "parquet"}, {"json", "json"},   {"jsonl", "json"}, {"ndjson", "json"}, {"csv", "csv"},
        {"tsv", "csv"},         {"arrow", "arrow"}, {"txt", "text"},   {"xml", "xml"},     {"tar", "webdataset"},
        {"zip", "zip"},         {"hdf5", "hdf5"},   {"h5", "hdf5"},    {"lance", "lance"}};
    for (const char* name : {"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp"}) formats[name] = "imagefolder";
    for (const char* name : {"wav", "mp3", "flac", "ogg", "opus", "m4a"}) formats[name] = "audiofolder";
    for (const char* name : {"mp4", "mkv", "avi", "mov", "webm"}) formats[name] = "videofolder";
    return formats;
  }();
  return kFormatByExtension;
}

std::vector<std::string> extensions_of(const std::string& file) {
  auto parts = split(fs::path(file).filename().string(), '.');
  parts.erase(parts.begin());
  for (auto& part : parts) part = to_lower(part);
  return parts;
}

std::string format_of(const std::string& file) {
  for (const auto& extension : extensions_of(file))
    if (const auto format = format_by_extension().find(extension); format != format_by_extension().end())
      return format->second;
  return {};
}

/// The extension that most files have; Parquet, then the other formats of rows, where two are as frequent.
std::string commonest_extension(const std::vector<std::string>& files) {
  std::map<std::string, int> counts;
  for (const auto& file : files)
    for (const auto& extension : extensions_of(file))
      if (format_by_extension().contains(extension)) ++counts[extension];
  static const std::vector<std::string> kFavourites = {"csv", "json", "jsonl", "arrow", "parquet"};
  const auto rank = [&](const auto& entry) {
    const auto favourite = std::find(kFavourites.begin(), kFavourites.end(), entry.first) - kFavourites.begin();
    return std::tuple(entry.second, favourite == std::ssize(kFavourites) ? -1 : favourite, entry.first);
  };
  const auto most =
      std::max_element(counts.begin(), counts.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return most == counts.end() ? std::string() : most->first;
}

/// Paths below a folder, hidden folders left out.
std::vector<std::string> list_files(const fs::path& folder) {
  std::vector<std::string> files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    if (!hidden && entry->is_regular_file())  // a link to one too: snapshots of a Hub cache are made of links
      files.push_back(entry->path().lexically_relative(folder).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

fs::path in_yaml_folder(const DataSource& source, const std::string& path) {
  if (fs::path(path).is_absolute()) return path;
  const fs::path beside = source.folder / path;
  return fs::is_directory(beside) ? beside : fs::path(path);
}

std::string revision_of(const DataSource& source) {
  const auto revision = source.kwargs.find("revision");
  return revision != source.kwargs.end() && revision->is_string() ? revision->get<std::string>() : "main";
}

[[noreturn]] void not_here(const DataSource& source) {
  static const std::vector<std::string> kOtherFormats = {"arrow",       "text",        "pandas",      "webdataset",
                                                         "imagefolder", "audiofolder", "videofolder", "xml"};
  if (std::find(kOtherFormats.begin(), kOtherFormats.end(), source.path) != kOtherFormats.end())
    throw errors::data("{}: dataset_path {} is not supported in this version; convert the data to Parquet",
                       source.where, source.path);
  const auto revision = revision_of(source);
  const auto cached = cached_revisions(RepoKind::dataset, source.path);
  throw errors::data(
      "{}: data set '{}' is no local folder{} and the Hub's cache {} {}; fetch it where there is a network: hf "
      "download {} "
      "--repo-type dataset{}",
      source.where, source.path, source.root.empty() ? "" : ", not in --dataset_root " + source.root.string(),
      hub_cache_folder().string(),
      cached.empty() ? "does not hold it" : "holds only its revisions " + join(cached, ", ") + ", not " + revision,
      source.path, revision == "main" ? "" : " --revision " + revision);
}

/// The data set's folder: a path as it is, then below --dataset_root, then in the Hub's cache.
fs::path find_folder(const DataSource& source) {
  if (source.path.empty()) not_here(source);
  if (const auto folder = in_yaml_folder(source, source.path); fs::is_directory(folder)) return folder;
  if (!source.root.empty() && !fs::path(source.path).is_absolute())
    for (const auto& folder : {source.root / source.path, source.root / fs::path(source.path).filename()})
      if (fs::is_directory(folder)) return folder;
  if (const auto cached = find_in_hub_cache(RepoKind::dataset, source.path, revision_of(source)))
    return cached->snapshot;
  not_here(source);
}

/// A data set folder and where in it the wanted configuration's files are looked for.
struct DataFolder {
  fs::path folder;
  std::optional<SplitPatterns> patterns;  ///< absent: by the names of the files
  std::string separator;
};

fs::path below(const DataSource& source, const fs::path& folder, const std::string& path, const char* field) {
  if (!fs::is_directory(folder / path))
    throw errors::data("{}: no such folder: {} ({})", source.where, (folder / path).string(), field);
  return (folder / path).lexically_normal();
}

const CardConfig& chosen_config(const DataSource& source, const std::vector<CardConfig>& configs) {
  std::vector<std::string> names;
  const CardConfig* chosen = nullptr;
  for (const auto& config : configs) {
    names.push_back(config.name);
    const bool wanted = source.name.empty() ? configs.size() == 1 || config.name == "default" || config.is_default
                                            : config.name == source.name;
    if (wanted && chosen)
      throw errors::data("{}: data set {} has two default configurations, {} and {}; choose one by dataset_name",
                         source.where, source.path, chosen->name, config.name);
    if (wanted) chosen = &config;
  }
  if (chosen) return *chosen;
  if (source.name.empty())
    throw errors::data("{}: data set {} has several configurations; choose one by dataset_name: {}", source.where,
                       source.path, join(names, ", "));
  throw errors::data("{}: data set {} has no configuration '{}' (dataset_name); it has {}{}", source.where, source.path,
                     source.name, join(names, ", "), did_you_mean(source.name, names));
}

SplitPatterns patterns_of(const CardConfig& config) {
  SplitPatterns patterns;
  for (const auto& [split, list] : config.data_files.items()) patterns[split] = list.get<std::vector<std::string>>();
  return patterns;
}

DataFolder choose_folder(const DataSource& source) {
  DataFolder chosen{find_folder(source), std::nullopt, {}};
  const bool by_arguments = source.kwargs.contains("data_files") || source.kwargs.contains("data_dir");
  const auto configs = by_arguments ? std::vector<CardConfig>() : read_dataset_card(chosen.folder);
  if (!configs.empty()) {
    const CardConfig& config = chosen_config(source, configs);
    if (!config.data_files.is_null()) chosen.patterns = patterns_of(config);
    if (!config.data_dir.empty())
      chosen.folder = below(source, chosen.folder, config.data_dir, "data_dir of README.md");
    chosen.separator = config.separator;
    return chosen;
  }
  // Without a README.md that says so, a folder of that name is the configuration.
  if (!source.name.empty() && source.name != "default") {
    if (!fs::is_directory(chosen.folder / source.name))
      throw errors::data(
          "{}: data set {} has no folder '{}' (dataset_name), and no README.md that lists configurations", source.where,
          chosen.folder.string(), source.name);
    chosen.folder /= source.name;
  }
  if (source.kwargs.contains("data_dir"))
    chosen.folder = below(source, chosen.folder, source.kwargs["data_dir"].get<std::string>(), "data_dir");
  return chosen;
}

void require_all_shards(const DataSource& source, const std::vector<std::string>& files, const fs::path& folder) {
  const auto missing = missing_shards(files);
  if (missing.empty()) return;
  throw errors::data("{}: {} of the data set {} missing from {}: {}{}; fetch the data set again", source.where,
                     counted(std::ssize(missing), "file"), missing.size() == 1 ? "is" : "are", folder.string(),
                     missing.front(), missing.size() > 1 ? ", …" : "");
}

/// The split's files among those of the folder.
std::vector<std::string> match(const DataSource& source, const DataFolder& data, const std::vector<std::string>& files,
                               const std::vector<std::string>& patterns) {
  std::vector<std::string> matching;
  bool listed_one_by_one = true;
  for (const auto& pattern : patterns) {
    if (pattern.find("://") != pattern.npos)
      throw errors::data("{}: data_files {}: URLs cannot be read in this version; fetch the file and give its path",
                         source.where, pattern);
    const auto normal = fs::path(pattern).lexically_normal().generic_string();
    const auto found = matching_files(normal, files);
    if (found.empty() && !has_wildcard(normal))
      throw errors::data("{}: no such data file: {}", source.where, (data.folder / normal).string());
    listed_one_by_one &= !has_wildcard(normal);
    for (const auto& file : found)
      if (std::find(matching.begin(), matching.end(), file) == matching.end()) matching.push_back(file);
  }
  if (!listed_one_by_one) require_all_shards(source, matching, data.folder);
  return matching;
}

SplitFiles files_in_folder(const DataSource& source, const std::string& split) {
  const DataFolder data = choose_folder(source);
  const auto files = list_files(data.folder);
  const auto splits = data.patterns ? *data.patterns : patterns_by_name(files);
  const auto wanted = splits.find(split);
  if (wanted == splits.end()) {
    std::vector<std::string> known;
    for (const auto& [name, patterns] : splits) known.push_back(name);
    no_split(source, split, known);
  }
  const auto matching = match(source, data, files, wanted->second);
  const std::string extension = commonest_extension(matching);
  if (extension.empty())
    throw errors::data("{}: {} holds no data file of split '{}' (its patterns: {})", source.where, data.folder.string(),
                       split, join(wanted->second, ", "));
  SplitFiles result{format_by_extension().at(extension), {}, extension == "tsv" ? "\t" : data.separator};
  if (std::find(kFormats.begin(), kFormats.end(), result.format) == kFormats.end())
    throw errors::data(
        "{}: split '{}' in {} is of .{} files ({}), which are not read in this version; convert it to Parquet",
        source.where, split, data.folder.string(), extension, result.format);
  for (const auto& file : matching)
    if (format_of(file) == result.format) result.files.push_back(data.folder / file);
  return result;
}

}  // namespace

SplitFiles find_split_files(const DataSource& source, const std::string& split) {
  if (std::find(kFormats.begin(), kFormats.end(), source.path) != kFormats.end()) {
    if (!source.kwargs.contains("data_files"))
      throw errors::config("{}: dataset_path {} needs dataset_kwargs.data_files: a file, or a map of splits to files",
                           source.where, source.path);
    return {source.path, listed_files(source, split), {}};
  }
  if (!source.kwargs.contains("data_files")) return files_in_folder(source, split);
  DataSource inside = source;
  inside.folder = choose_folder(source).folder;
  SplitFiles found{"", listed_files(inside, split), {}};
  found.format = format_of(found.files.front().string());
  if (std::find(kFormats.begin(), kFormats.end(), found.format) == kFormats.end())
    throw errors::data("{}: {} is neither .parquet, .json, .jsonl nor .csv", source.where,
                       found.files.front().string());
  return found;
}

}  // namespace lmms_eval::data
