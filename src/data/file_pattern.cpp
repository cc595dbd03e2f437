#include "data/file_pattern.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::data {
namespace {

// datasets.data_files.FILES_TO_IGNORE
constexpr std::array<std::string_view, 6> kNoData = {"README.md",          "config.json",    "dataset_info.json",
                                                     "dataset_infos.json", "dummy_data.zip", "dataset_dict.json"};

using Parts = std::span<const std::string>;

/// fsspec's glob: `**` in the middle stands for any number of folders, at the end for whatever follows.
bool matches(Parts pattern, Parts path) {
  if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
  if (pattern[0] != "**") return matches_pattern(path[0], pattern[0]) && matches(pattern.subspan(1), path.subspan(1));
  if (pattern.size() == 1) return true;
  for (std::size_t skipped = 0; skipped < path.size(); ++skipped)
    if (matches(pattern.subspan(1), path.subspan(skipped))) return true;
  return false;
}

std::vector<std::string> pattern_parts(const std::string& pattern) {
  auto parts = split(pattern, '/');
  for (const auto& part : parts)
    if (part != "**" && part.find("**") != part.npos)
      throw errors::config("pattern {}: ** must stand alone between slashes", pattern);
  return parts;
}

/// Components that are left out unless the pattern names as many: hidden ones, folders like __pycache__.
std::size_t reserved_parts(const std::string& path, std::string_view prefix, bool of_folders) {
  const auto parts = split(path, '/');
  std::size_t count = 0;
  for (std::size_t i = 0; i + (of_folders ? 1 : 0) < parts.size(); ++i)
    count += parts[i].starts_with(prefix) && parts[i].find_first_not_of('.') != parts[i].npos;
  return count;
}

bool asked_for(const std::string& pattern, const std::string& file) {
  return reserved_parts(file, "__", true) == reserved_parts(pattern, "__", true) &&
         reserved_parts(file, ".", false) == reserved_parts(pattern, ".", false);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool holds_data(const std::string& pattern, const std::string& file) {
  const std::string name = name_of(file);
  return name == name_of(pattern) || std::find(kNoData.begin(), kNoData.end(), name) == kNoData.end();
}

}  // namespace

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[") != pattern.npos; }

std::vector<std::string> matching_files(const std::string& pattern, const std::vector<std::string>& files) {
  std::vector<std::string> matching;
  if (!has_wildcard(pattern)) {
    if (std::find(files.begin(), files.end(), pattern) != files.end()) matching.push_back(pattern);
    return matching;
  }
  const auto parts = pattern_parts(pattern);
  for (const auto& file : files)
    if (matches(parts, split(file, '/')) && asked_for(pattern, file) && holds_data(pattern, file))
      matching.push_back(file);
  std::sort(matching.begin(), matching.end());
  return matching;
}

}  // namespace lmms_eval::data
