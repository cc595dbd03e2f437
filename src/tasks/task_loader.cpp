#include "tasks/task_loader.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/text.h"
#include "tasks/configurable_task.h"
#include "tasks/group_metrics.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

// Keys of a group that describe it; all others are pushed down to its members.
const std::vector<std::string> kGroupKeys = {"group",    "group_alias", "task", "aggregate_metric_list",
                                             "metadata", "tag"};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool has_member(const TaskNode& group, const std::string& name) {
  return std::any_of(group.members.begin(), group.members.end(),
                     [&](const TaskNode& member) { return member.name == name; });
}

std::string unused_name(const std::string& name, const TaskNode& group) {
  std::string candidate = name;
  for (int i = 1; has_member(group, candidate); ++i) candidate = name + "-" + std::to_string(i);
  return candidate;
}

std::string version_of(const Json& content) {
  if (!content.contains("metadata") || !content["metadata"].is_object() || !content["metadata"].contains("version"))
    return "N/A";
  const Json& version = content["metadata"]["version"];
  return version.is_string() ? version.get<std::string>() : version.dump();
}

std::string text_or(const Json& content, const char* key, const std::string& otherwise) {
  return content.contains(key) && content[key].is_string() ? content[key].get<std::string>() : otherwise;
}

/// lm-eval's where every task below follows them.
Rules rules_of(const TaskNode& node) {
  if (node.task) return static_cast<const ConfigurableTask&>(*node.task).rules();
  const bool text = std::all_of(node.members.begin(), node.members.end(),
                                [](const TaskNode& member) { return rules_of(member) == Rules::lm_eval; });
  return text ? Rules::lm_eval : Rules::lmms_eval;
}

/// A group that is written out inside another is called after it in lm-eval, "mmlu::stem"; in lmms-eval it keeps its
/// own name.
void put_under(const std::string& group, TaskNode& node) {
  if (node.task || rules_of(node) != Rules::lm_eval) return;
  const std::string own = std::exchange(node.name, group + "::" + node.name);
  if (node.alias == own) node.alias = node.name;
  for (auto& member : node.members)
    if (member.name.starts_with(own + "::")) put_under(group, member);
}

}  // namespace

struct TaskLoader::Place {
  const YamlFile& file;
  const Json& content;
  std::string pointer;

  std::string where(const std::string& key = {}) const {
    return file.place(key.empty() ? pointer : pointer + "/" + key);
  }
  Place item(const char* key, std::size_t index) const {
    return {file, content[key][index], pointer + "/" + key + "/" + std::to_string(index)};
  }
  /// What the mapping says beside `left_out`, under what is pushed down from above.
  FieldOverrides overrides(const std::vector<std::string>& left_out, const FieldOverrides& above) const {
    FieldOverrides all;
    for (const auto& [key, value] : content.items())
      if (!contains(left_out, key)) all.set(key, value, where(key));
    for (const auto& [key, value] : above.values.items()) all.set(key, value, above.places.at(key));
    return all;
  }
};

std::vector<TaskNode> TaskLoader::load_name(const std::string& name, const FieldOverrides& pushed_down,
                                            const std::string& where) {
  const auto found = index_.entries().find(name);
  if (found == index_.entries().end()) {
    const std::string hint = did_you_mean(name, index_.names());
    if (where.empty())
      throw errors::usage("--tasks {}: no such task, group or tag{} (--tasks list shows them)", name, hint);
    throw errors::config("{}: no task, group or tag '{}'{}", where, name, hint);
  }
  const IndexEntry& entry = found->second;
  if (!entry.broken.empty()) throw errors::config("{}", entry.broken);
  if (entry.kind != "tag") return {load_file(entry.yaml, pushed_down)};
  std::vector<TaskNode> nodes;
  for (const auto& member : entry.members)
    for (auto& node : load_name(member, pushed_down, where)) nodes.push_back(std::move(node));
  return nodes;
}

TaskNode TaskLoader::load_file(const std::filesystem::path& path, const FieldOverrides& pushed_down) {
  if (pushed_down.values.empty())
    if (const auto known = unchanged_.find(path); known != unchanged_.end()) return known->second;
  YamlFile file = YamlFile::load(path);
  if (file.value.contains("task") && file.value["task"].is_array()) {
    TaskNode group = load_group({file, file.value, ""}, pushed_down);
    group.source = std::filesystem::weakly_canonical(path);
    return group;
  }
  const std::string name = text_or(file.value, "task", path.stem().string());
  TaskNode node = load_task(std::move(file), name, pushed_down);
  node.source = std::filesystem::weakly_canonical(path);
  if (pushed_down.values.empty()) unchanged_[path] = node;
  return node;
}

TaskNode TaskLoader::load_task(YamlFile file, const std::string& name, const FieldOverrides& pushed_down) {
  if (file.value.contains("class"))
    throw errors::config("{}: a task that is a Python class is not supported in this version", file.place("/class"));
  return errors::with_context("while loading task " + name, [&] {
    TaskNode node;
    node.name = name;
    node.task = std::make_shared<ConfigurableTask>(name, TaskConfig(std::move(file), pushed_down), overrides_);
    node.alias = node.task->alias();
    node.version = node.task->version();
    return node;
  });
}

TaskNode TaskLoader::load_group(const Place& group, const FieldOverrides& pushed_down) {
  const std::string name = text_or(group.content, "group", "");
  if (name.empty()) throw errors::config("{}: a list of tasks needs `group`, its name", group.where("task"));
  if (const auto begin = std::find(open_groups_.begin(), open_groups_.end(), name); begin != open_groups_.end())
    throw errors::config("{}: group '{}' holds itself: {} -> {}; take one of them out of the `task` list before it",
                         group.where("group"), name, join({begin, open_groups_.end()}, " -> "), name);
  open_groups_.push_back(name);
  TaskNode node;
  node.name = name;
  node.alias = text_or(group.content, "group_alias", name);
  node.version = version_of(group.content);
  load_members(group, group.overrides(kGroupKeys, pushed_down), node);
  const Rules rules = rules_of(node);
  node.aggregate = group_metrics(group.file, group.content, group.pointer, rules);
  for (auto& metric : node.aggregate) metric.part_of_name = overrides_.as_lmms_eval_07;
  node.shows_num_fewshot = rules == Rules::lm_eval;
  if (node.members.empty()) throw errors::config("{}: group '{}' has no members", group.where("task"), name);
  open_groups_.pop_back();
  return node;
}

void TaskLoader::load_members(const Place& group, const FieldOverrides& down, TaskNode& node) {
  for (std::size_t i = 0; i < group.content["task"].size(); ++i) {
    const Place member = group.item("task", i);
    if (member.content.is_string())
      load_named_member(member, down, node);
    else
      load_mapped_member(member, down, node);
  }
}

/// `{group: name, ...overrides}`: a group that has a file, with other values for its members.
void TaskLoader::load_group_reference(const Place& member, const FieldOverrides& down, TaskNode& node) {
  if (!member.content["group"].is_string()) throw errors::config("{}: `group` must be a name", member.where("group"));
  const std::string name = member.content["group"].get<std::string>();
  for (auto& loaded : load_name(name, member.overrides({"group"}, down), member.where("group")))
    if (!has_member(node, loaded.name)) node.members.push_back(std::move(loaded));
}

void TaskLoader::load_named_member(const Place& member, const FieldOverrides& down, TaskNode& node) {
  for (auto& loaded : load_name(member.content.get<std::string>(), down, member.where()))
    if (!has_member(node, loaded.name)) node.members.push_back(std::move(loaded));
}

void TaskLoader::load_mapped_member(const Place& member, const FieldOverrides& down, TaskNode& node) {
  if (member.content.is_object() && !member.content.contains("task") && member.content.contains("group")) {
    load_group_reference(member, down, node);
    return;
  }
  if (!member.content.is_object() || !member.content.contains("task"))
    throw errors::config("{}: must be a name or a map with `task`", member.where());
  if (member.content["task"].is_array()) {
    TaskNode group = load_group(member, down);
    if (!index_.entries().contains(group.name)) put_under(node.name, group);
    node.members.push_back(std::move(group));
    return;
  }
  if (!member.content["task"].is_string())
    throw errors::config("{}: `task` must be a name or a list", member.where("task"));
  const std::string base = member.content["task"].get<std::string>();
  const auto known = index_.entries().find(base);
  if (known == index_.entries().end()) {
    const std::string own = unused_name(base, node), under = unused_name(node.name + "::" + base, node);
    TaskNode task = load_inline_task(member, own, down);
    if (rules_of(task) == Rules::lm_eval) task = load_inline_task(member, under, down);
    node.members.push_back(std::move(task));
    return;
  }
  if (!known->second.broken.empty()) throw errors::config("{}", known->second.broken);
  const FieldOverrides all = member.overrides({"task"}, down);
  if (known->second.kind == "task") {
    node.members.push_back(load_task(YamlFile::load(known->second.yaml), unused_name(base, node), all));
    return;
  }
  for (auto& loaded : load_name(base, all, member.where("task")))
    if (!has_member(node, loaded.name)) node.members.push_back(std::move(loaded));
}

/// A task of its own, written out inside the group.
TaskNode TaskLoader::load_inline_task(const Place& member, const std::string& name, const FieldOverrides& down) {
  const bool has_data = member.content.contains("dataset_path") || member.content.contains("include") ||
                        down.values.contains("dataset_path");
  if (!has_data) {
    const std::string base = member.content["task"].get<std::string>();
    throw errors::config("{}: no task, group or tag '{}'{}", member.where("task"), base,
                         did_you_mean(base, index_.names()));
  }
  return load_task(member.file.inner(member.content, member.pointer), name, down);
}

}  // namespace lmms_eval
