#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/task_index.h"
#include "tasks/yaml_file.h"

namespace lmms_eval {

/// Builds tasks and groups from index entries, YAML files and mappings in a group's task list.
class TaskLoader {
 public:
  TaskLoader(const TaskIndex& index, const TaskOverrides& overrides) : index_(index), overrides_(overrides) {}

  /// A name stands for one node, a tag for several.
  std::vector<TaskNode> load_name(const std::string& name, const nlohmann::ordered_json& pushed_down, const std::string& where);
  TaskNode load_file(const std::filesystem::path& path, const nlohmann::ordered_json& pushed_down);

 private:
  TaskNode load_task(YamlFile file, const std::string& name, const nlohmann::ordered_json& pushed_down);
  TaskNode load_group(const YamlFile& file, const nlohmann::ordered_json& content, const std::string& pointer,
                      const nlohmann::ordered_json& pushed_down);
  void load_member(const YamlFile& file, const nlohmann::ordered_json& member, const std::string& pointer,
                   const nlohmann::ordered_json& pushed_down, TaskNode& group);
  std::vector<GroupMetric> group_metrics(const YamlFile& file, const nlohmann::ordered_json& content, const std::string& pointer) const;
  std::string unused_name(const std::string& name, const TaskNode& group) const;

  const TaskIndex& index_;
  const TaskOverrides& overrides_;
  std::vector<std::string> open_groups_;  // guards against a group that holds itself
};

}  // namespace lmms_eval
