#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "tasks/task_index.h"
#include "tasks/task_loader.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;

/// The nodes of a run in the making: each name once.
class Selection {
 public:
  Selection(const TaskIndex& names, const TaskOverrides& overrides) : names_(names), overrides_(overrides) {}

  /// A name, or a pattern that matches names. Returns whether there is any.
  bool add_matching(const std::string& selector) {
    const bool pattern = selector.find_first_of("*?[") != selector.npos;
    bool found = false;
    for (const auto& [name, entry] : names_.entries()) {
      if (name != selector && !(pattern && entry.broken.empty() && matches_pattern(name, selector))) continue;
      chosen_.insert(name);
      found = true;
    }
    return found;
  }

  void load_chosen() {
    TaskLoader loader(names_, overrides_);
    for (const auto& name : chosen_) add(loader.load_name(name, {}, ""));
  }

  /// A YAML file, whose group may name tasks of the files beside it.
  void load_file(const fs::path& file) {
    const TaskIndex names = names_beside(file.parent_path());
    add({TaskLoader(names, overrides_).load_file(file, {})});
  }

  /// All groups and tasks of the files in a folder; tasks that are in one of these groups stand there alone.
  void load_folder(const fs::path& folder) {
    const TaskIndex names = names_beside(folder);
    TaskLoader loader(names, overrides_);
    std::vector<TaskNode> groups, tasks;
    for (const auto& file : yaml_files_in(folder)) {
      const YamlFile yaml = YamlFile::load(file);
      if (!yaml.value.contains("task")) continue;  // a template
      (yaml.value["task"].is_array() ? groups : tasks).push_back(loader.load_file(file, {}));
    }
    std::set<const Task*> grouped;
    for (const auto& group : groups) collect(group, grouped);
    std::erase_if(tasks, [&](const TaskNode& node) { return grouped.contains(node.task.get()); });
    if (groups.empty() && tasks.empty())
      throw errors::usage("--tasks {}: no YAML file in this folder defines a task", folder.string());
    add(std::move(groups));
    add(std::move(tasks));
  }

  /// The nodes by name. Throws Error{usage} if one name stands for two different tasks.
  std::vector<TaskNode> take() {
    std::map<std::string, const Task*> tasks;
    for (const auto& node : nodes_) check_names(node, tasks);
    std::stable_sort(nodes_.begin(), nodes_.end(),
                     [](const TaskNode& a, const TaskNode& b) { return a.name < b.name; });
    return std::move(nodes_);
  }

 private:
  static std::vector<fs::path> yaml_files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder.empty() ? fs::path(".") : folder))
      if (entry.path().extension() == ".yaml" && entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }

  TaskIndex names_beside(const fs::path& folder) const {
    TaskIndex names = names_;
    names.add_files(yaml_files_in(folder), TaskIndex::Trust::foreign);
    return names;
  }

  static void collect(const TaskNode& node, std::set<const Task*>& tasks) {
    if (node.task) tasks.insert(node.task.get());
    for (const auto& member : node.members) collect(member, tasks);
  }

  static void check_names(const TaskNode& node, std::map<std::string, const Task*>& tasks) {
    if (node.task && tasks.emplace(node.name, node.task.get()).first->second != node.task.get()) {
      throw errors::usage(
          "--tasks: '{}' is asked for in two forms, e.g. in two groups that change it in different ways; evaluate "
          "them in runs of their own",
          node.name);
    }
    for (const auto& member : node.members) check_names(member, tasks);
  }

  void add(std::vector<TaskNode> nodes) {
    for (auto& node : nodes) {
      const auto known =
          std::find_if(nodes_.begin(), nodes_.end(), [&](const TaskNode& other) { return other.name == node.name; });
      if (known == nodes_.end())
        nodes_.push_back(std::move(node));
      else if (known->source != node.source)
        throw errors::usage("--tasks: '{}' stands for {} and for {}; evaluate them in runs of their own, or rename one",
                            node.name, known->source.string(), node.source.string());
    }
  }

  const TaskIndex& names_;
  const TaskOverrides& overrides_;
  std::set<std::string> chosen_;
  std::vector<TaskNode> nodes_;
};

/// A task may be missing because its file could not be read.
std::string unread_note(const TaskIndex& names) {
  if (names.broken_files() == 0) return {};
  return fmt::format("; {} could not be read, --verbosity DEBUG says why",
                     counted(static_cast<std::int64_t>(names.broken_files()), "task file"));
}

}  // namespace

struct TaskManager::Index {
  TaskIndex names;
};

TaskManager::TaskManager(const std::vector<fs::path>& include_paths, bool include_defaults)
    : index_(std::make_unique<Index>()) {
  if (include_defaults) index_->names.add_folder(bundled_tasks(), TaskIndex::Trust::bundled);
  for (const auto& path : include_paths) {
    if (!fs::is_directory(path)) throw errors::usage("--include_path {}: no such folder", path.string());
    index_->names.add_folder(path, TaskIndex::Trust::foreign);
  }
  if (index_->names.broken_files() > 0)
    spdlog::info("{} could not be read, left out; --verbosity DEBUG says why",
                 counted(static_cast<std::int64_t>(index_->names.broken_files()), "task file"));
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
  throw errors::data(
      "the bundled tasks are missing: neither share/lmms_eval/tasks beside the library nor the source tree has them");
}

std::vector<TaskManager::Entry> TaskManager::entries() const {
  std::vector<Entry> list;
  for (const auto& [name, entry] : index_->names.entries())
    if (entry.broken.empty()) list.push_back({name, entry.kind, entry.yaml, entry.output_type});
  return list;
}

std::size_t TaskManager::broken_files() const { return index_->names.broken_files(); }

std::vector<TaskNode> TaskManager::load(const std::vector<std::string>& selectors,
                                        const TaskOverrides& overrides) const {
  Selection selection(index_->names, overrides);
  std::vector<fs::path> files, folders;
  for (const auto& selector : selectors) {
    if (selection.add_matching(selector)) continue;
    if (fs::is_regular_file(selector)) {
      files.emplace_back(selector);
    } else if (fs::is_directory(selector)) {
      folders.emplace_back(selector);
    } else if (selector.find_first_of("*?[") != selector.npos) {
      throw errors::usage("--tasks {}: matches no task, group or tag (--tasks list shows them)", selector);
    } else {
      throw errors::usage("--tasks {}: no such task, group or tag{} (--tasks list shows them){}", selector,
                          did_you_mean(selector, index_->names.names()), unread_note(index_->names));
    }
  }
  selection.load_chosen();
  for (const auto& file : files) selection.load_file(file);
  for (const auto& folder : folders) selection.load_folder(folder);
  return selection.take();
}

}  // namespace lmms_eval
