#include "tasks/task_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "yaml/yaml_file.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Kind = ScannedValue::Kind;

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name == "__pycache__" || name == ".ipynb_checkpoints"))
      entry.disable_recursion_pending();
    if (name.ends_with(".yaml") && entry->is_regular_file()) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The name in a line "task: name", read without parsing: so that a broken file can be named when it is selected.
std::string name_in_text(const fs::path& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    for (const char* key : {"task:", "group:"}) {
      if (!line.starts_with(key)) continue;
      std::string_view value = trim(std::string_view(line).substr(std::string_view(key).size()));
      if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
        value = value.substr(1, value.size() - 2);
      if (!value.empty() && value.find_first_of("[{#&*!|>") == value.npos) return std::string(value);
    }
  }
  return {};
}

ScannedValue as_scanned(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return {Kind::text, {value.get<std::string>()}};
  if (!value.is_array()) return {Kind::other, {}};
  ScannedValue list{Kind::list, {}};
  for (const auto& item : value)
    if (item.is_string()) list.texts.push_back(item.get<std::string>());
  return list;
}

/// The same from the parsed file, includes already followed. Throws Error{config}.
ScannedKeys parse_keys(const fs::path& file) {
  const YamlFile yaml = YamlFile::load(file);
  const auto value = [&](const char* key) {
    return yaml.value.contains(key) ? as_scanned(yaml.value[key]) : ScannedValue{};
  };
  return {value("task"), value("group"), value("tag"), {}, value("output_type")};
}

void fill_in(ScannedKeys& keys, const ScannedKeys& included) {
  for (const auto member : {&ScannedKeys::task, &ScannedKeys::group, &ScannedKeys::tag, &ScannedKeys::output_type})
    if ((keys.*member).kind == Kind::absent) keys.*member = included.*member;
}

}  // namespace

void TaskIndex::add_folder(const fs::path& folder, Trust trust) { add_files(yaml_files(folder), trust); }

void TaskIndex::add_files(const std::vector<fs::path>& files, Trust trust) {
  ++round_;
  for (const auto& file : files) add_file(file, trust);
}

const ScannedKeys& TaskIndex::keys_of(const fs::path& file, Trust trust) {
  const auto known = scanned_.find(file);
  if (known != scanned_.end()) return known->second;
  std::optional<ScannedKeys> keys;
  if (trust == Trust::bundled) keys = scan_keys(read_file(file));
  if (!keys) return scanned_[file] = parse_keys(file);
  scanned_[file] = *keys;  // an include that comes back here finds this
  for (const auto& name : keys->include.texts) {
    fs::path path = file.parent_path() / name;
    if (!fs::is_regular_file(path)) path = name;
    if (!fs::is_regular_file(path)) throw errors::config("{}: included file {} does not exist", file.string(), name);
    fill_in(*keys, keys_of(path, trust));
  }
  return scanned_[file] = *keys;
}

void TaskIndex::add_name(const std::string& name, IndexEntry entry, Trust trust) {
  entry.round = round_;
  const auto found = entries_.find(name);
  const bool taken =
      found != entries_.end() && fs::weakly_canonical(found->second.yaml) != fs::weakly_canonical(entry.yaml);
  if (taken && found->second.kind != "tag" && found->second.round == round_) {
    entry.broken = fmt::format("{} and {} both define '{}'; rename one, or give --tasks the file that is meant",
                               found->second.yaml.string(), entry.yaml.string(), name);
    spdlog::warn("{}", entry.broken);
  } else if (taken && trust == Trust::foreign) {
    spdlog::warn("{} '{}' of {} takes the place of the one in {}", entry.kind, name, entry.yaml.string(),
                 found->second.yaml.empty() ? "a tag" : found->second.yaml.string());
  }
  entries_[name] = std::move(entry);
}

void TaskIndex::add_broken(const fs::path& file, const std::string& message, Trust trust) {
  ++broken_files_;
  spdlog::debug("{}", message);
  const std::string name = name_in_text(file);
  // A user's broken file takes the name that it would have: another task must not run in its place.
  if (!name.empty() && (trust == Trust::foreign || !entries_.contains(name)))
    add_name(name, {"task", file, {}, {}, message}, trust);
}

void TaskIndex::add_file(const fs::path& file, Trust trust) {
  ScannedKeys keys;
  try {
    keys = keys_of(file, trust);
  } catch (const Error& error) {
    add_broken(file, error.message(), trust);
    return;
  }
  if (keys.task.kind == Kind::list) {
    if (keys.group.kind == Kind::text)
      add_name(keys.group.text(), {"group", file, {}, {}, {}}, trust);
    else
      add_broken(file, file.string() + ": has a list of tasks but no `group` that names it", trust);
    return;
  }
  if (keys.task.kind == Kind::absent) return;  // a template that others include
  if (keys.task.kind != Kind::text || trim(keys.task.text()).empty()) {
    add_broken(file, file.string() + ": `task` must be a name, or the list of a group's tasks", trust);
    return;
  }
  add_name(keys.task.text(), {"task", file, keys.output_type.text(), {}, {}}, trust);
  add_tags(file, keys.task.text(), keys);
}

void TaskIndex::add_tags(const fs::path& file, const std::string& task, const ScannedKeys& keys) {
  std::vector<std::string> tags = keys.tag.texts;
  tags.insert(tags.end(), keys.group.texts.begin(), keys.group.texts.end());
  for (const auto& tag : tags) {
    auto& entry = entries_[tag];
    if (!entry.kind.empty() && entry.kind != "tag") {
      spdlog::warn("{}: tag '{}' is already the name of a {}", file.string(), tag, entry.kind);
      continue;
    }
    entry.kind = "tag";
    if (std::find(entry.members.begin(), entry.members.end(), task) == entry.members.end())
      entry.members.push_back(task);
  }
}

std::vector<std::string> TaskIndex::names() const {
  std::vector<std::string> list;
  for (const auto& [name, entry] : entries_)
    if (entry.broken.empty()) list.push_back(name);
  return list;
}

}  // namespace lmms_eval
