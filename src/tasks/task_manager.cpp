#include <dlfcn.h>

#include <algorithm>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "tasks/task_index.h"
#include "tasks/task_loader.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;

/// The output type as the file says it, includes followed; "" where it cannot be told.
std::string output_type_of(const fs::path& yaml) {
  try {
    const auto file = YamlFile::load(yaml);
    return file.value.contains("output_type") && file.value["output_type"].is_string() ? file.value["output_type"].get<std::string>() : "";
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

struct TaskManager::Index {
  TaskIndex names;
};

TaskManager::TaskManager(const std::vector<fs::path>& include_paths, bool include_defaults) : index_(std::make_unique<Index>()) {
  if (include_defaults) index_->names.add_folder(bundled_tasks(), true);
  for (const auto& path : include_paths) {
    if (!fs::is_directory(path)) throw errors::usage("--include_path {}: no such folder", path.string());
    index_->names.add_folder(path, false);
  }
  if (index_->names.broken_files() > 0)
    spdlog::info("{} task files could not be read and were left out; --verbosity DEBUG says why", index_->names.broken_files());
}

TaskManager::~TaskManager() = default;
TaskManager::TaskManager(TaskManager&&) noexcept = default;

fs::path TaskManager::bundled_tasks() {
  Dl_info info{};
  static const char kHere = 0;
  if (::dladdr(&kHere, &info) != 0 && info.dli_fname) {
    std::error_code ignored;
    const fs::path library = fs::canonical(info.dli_fname, ignored);
    const fs::path installed = library.parent_path().parent_path() / "share/lmms_eval/tasks";
    if (!library.empty() && fs::is_directory(installed)) return installed;
  }
  if (const fs::path source = LMMS_EVAL_SOURCE_TASKS_DIR; fs::is_directory(source)) return source;
  throw errors::data("the bundled tasks are missing: neither share/lmms_eval/tasks beside the library nor the source tree has them");
}

std::vector<TaskManager::Entry> TaskManager::entries() const {
  std::vector<Entry> list;
  for (const auto& [name, entry] : index_->names.entries())
    list.push_back({name, entry.kind, entry.yaml, entry.kind == "task" ? output_type_of(entry.yaml) : ""});
  return list;
}

std::size_t TaskManager::broken_files() const { return index_->names.broken_files(); }

std::vector<TaskNode> TaskManager::load(const std::vector<std::string>& selectors, const TaskOverrides& overrides) const {
  std::set<std::string> names;
  std::vector<fs::path> files;
  for (const auto& selector : selectors) {
    const bool wildcard = selector.find_first_of("*?[") != selector.npos;
    bool found = false;
    for (const auto& [name, entry] : index_->names.entries()) {
      if (wildcard ? !matches_pattern(name, selector) : name != selector) continue;
      names.insert(name);
      found = true;
    }
    if (found) continue;
    if (fs::is_regular_file(selector)) {
      files.emplace_back(selector);
    } else if (fs::is_directory(selector)) {
      for (const auto& entry : fs::directory_iterator(selector))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    } else if (wildcard) {
      throw errors::usage("--tasks {}: matches no task, group or tag (--tasks list shows them)", selector);
    } else {
      names.insert(selector);  // the loader says what is near it
    }
  }
  std::sort(files.begin(), files.end());
  TaskLoader loader(index_->names, overrides);
  std::vector<TaskNode> nodes;
  const auto add = [&](TaskNode node) {
    const bool twice = std::any_of(nodes.begin(), nodes.end(), [&](const TaskNode& known) { return known.name == node.name; });
    if (!twice) nodes.push_back(std::move(node));
  };
  for (const auto& name : names)
    for (auto& node : loader.load_name(name, nlohmann::ordered_json::object(), "")) add(std::move(node));
  for (const auto& file : files) add(loader.load_file(file, nlohmann::ordered_json::object()));
  return nodes;
}

}  // namespace lmms_eval
