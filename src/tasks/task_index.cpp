#include "tasks/task_index.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name == "__pycache__" || name == ".ipynb_checkpoints")) entry.disable_recursion_pending();
    if (entry->is_regular_file() && entry->path().extension() == ".yaml") files.push_back(entry->path());
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
      if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'')) value = value.substr(1, value.size() - 2);
      if (!value.empty() && value.find_first_of("[{#&*!|>") == value.npos) return std::string(value);
    }
  }
  return {};
}

std::vector<std::string> texts(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return {};
  if (node.IsScalar()) return {node.Scalar()};
  std::vector<std::string> list;
  if (node.IsSequence())
    for (const auto& item : node)
      if (item.IsScalar()) list.push_back(item.Scalar());
  return list;
}

}  // namespace

void TaskIndex::add_folder(const fs::path& folder, bool bundled) {
  for (const auto& file : yaml_files(folder)) add_file(file, bundled);
}

void TaskIndex::add_name(const std::string& name, IndexEntry entry, bool bundled) {
  const auto found = entries_.find(name);
  if (found != entries_.end() && !bundled && found->second.yaml != entry.yaml)
    spdlog::info("{} '{}' of {} takes the place of the one in {}", entry.kind, name, entry.yaml.string(), found->second.yaml.string());
  entries_[name] = std::move(entry);
}

void TaskIndex::add_file(const fs::path& file, bool bundled) {
  YAML::Node root;
  try {
    root = YAML::LoadFile(file.string());
  } catch (const YAML::Exception& error) {
    ++broken_files_;
    const std::string message = file.string() + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg;
    spdlog::debug("{}", message);
    if (const std::string name = name_in_text(file); !name.empty()) add_name(name, {"task", file, {}, message}, bundled);
    return;
  }
  if (!root.IsMap()) return;
  const YAML::Node task = root["task"], group = root["group"];
  if (task.IsDefined() && task.IsSequence()) {
    if (group.IsDefined() && group.IsScalar()) {
      add_name(group.Scalar(), {"group", file, {}, ""}, bundled);
      return;
    }
    ++broken_files_;
    spdlog::debug("{}: has a list of tasks but no `group` that names it", file.string());
    return;
  }
  if (!task.IsDefined() || !task.IsScalar()) return;  // a template that others include
  add_name(task.Scalar(), {"task", file, {}, ""}, bundled);
  auto tags = texts(root["tag"]);
  for (const auto& tag : texts(group)) tags.push_back(tag);
  for (const auto& tag : tags) {
    auto& entry = entries_[tag];
    if (!entry.kind.empty() && entry.kind != "tag") {
      spdlog::warn("{}: tag '{}' is already the name of a {}", file.string(), tag, entry.kind);
      continue;
    }
    entry.kind = "tag";
    if (std::find(entry.members.begin(), entry.members.end(), task.Scalar()) == entry.members.end()) entry.members.push_back(task.Scalar());
  }
}

std::vector<std::string> TaskIndex::names() const {
  std::vector<std::string> list;
  for (const auto& [name, entry] : entries_) list.push_back(name);
  return list;
}

}  // namespace lmms_eval
