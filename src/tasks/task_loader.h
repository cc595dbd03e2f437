#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/task_config.h"
#include "tasks/task_index.h"
#include "yaml/yaml_file.h"

namespace lmms_eval {

/// Builds tasks and groups from index entries, YAML files and mappings in a group's task list. A task that is asked for
/// twice without changes is built once, so that it is evaluated once.
class TaskLoader {
 public:
  TaskLoader(const TaskIndex& index, const TaskOverrides& overrides) : index_(index), overrides_(overrides) {}

  /// A name stands for one node, a tag for several. `where` is the place that names it, empty for the command line:
  /// Error{usage} there for an unknown name, Error{config} elsewhere.
  std::vector<TaskNode> load_name(const std::string& name, const FieldOverrides& pushed_down, const std::string& where);
  TaskNode load_file(const std::filesystem::path& path, const FieldOverrides& pushed_down);

 private:
  struct Place;  // a group's mapping inside a file

  TaskNode load_task(YamlFile file, const std::string& name, const FieldOverrides& pushed_down);
  TaskNode load_group(const Place& group, const FieldOverrides& pushed_down);
  void load_members(const Place& group, const FieldOverrides& down, TaskNode& node);
  void load_named_member(const Place& member, const FieldOverrides& down, TaskNode& node);
  void load_group_reference(const Place& member, const FieldOverrides& down, TaskNode& node);
  void load_mapped_member(const Place& member, const FieldOverrides& down, TaskNode& node);
  TaskNode load_inline_task(const Place& member, const std::string& name, const FieldOverrides& down);

  const TaskIndex& index_;
  const TaskOverrides& overrides_;
  std::vector<std::string> open_groups_;  // guards against a group that holds itself
  std::map<std::filesystem::path, TaskNode> unchanged_;
};

}  // namespace lmms_eval
