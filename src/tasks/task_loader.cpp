#include "tasks/task_loader.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "tasks/configurable_task.h"
#include "tasks/task_config.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

// Keys of a group that describe it; all others are pushed down to its members.
const std::vector<std::string> kGroupKeys = {"group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag"};

bool contains(const std::vector<std::string>& list, const std::string& item) { return std::find(list.begin(), list.end(), item) != list.end(); }

Json merged(Json below, const Json& above) {
  for (const auto& [key, value] : above.items()) below[key] = value;
  return below;
}

std::string version_of(const Json& content) {
  if (!content.contains("metadata") || !content["metadata"].is_object() || !content["metadata"].contains("version")) return "N/A";
  const Json& version = content["metadata"]["version"];
  return version.is_string() ? version.get<std::string>() : version.dump();
}

}  // namespace

std::vector<TaskNode> TaskLoader::load_name(const std::string& name, const Json& pushed_down, const std::string& where) {
  const auto found = index_.entries().find(name);
  if (found == index_.entries().end()) {
    const std::string hint = did_you_mean(name, index_.names());
    if (where.empty()) throw errors::usage("--tasks {}: no such task, group or tag{} (--tasks list shows them)", name, hint);
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

TaskNode TaskLoader::load_file(const std::filesystem::path& path, const Json& pushed_down) {
  YamlFile file = YamlFile::load(path);
  if (file.value.contains("task") && file.value["task"].is_array()) return load_group(file, file.value, "", pushed_down);
  const std::string name = file.value.contains("task") && file.value["task"].is_string() ? file.value["task"].get<std::string>() : path.stem().string();
  return load_task(std::move(file), name, pushed_down);
}

TaskNode TaskLoader::load_task(YamlFile file, const std::string& name, const Json& pushed_down) {
  return errors::with_context("while loading task " + name, [&] {
    TaskNode node;
    node.name = name;
    node.task = std::make_shared<ConfigurableTask>(name, TaskConfig(std::move(file), pushed_down), overrides_);
    node.alias = node.task->alias();
    node.version = node.task->version();
    return node;
  });
}

TaskNode TaskLoader::load_group(const YamlFile& file, const Json& content, const std::string& pointer, const Json& pushed_down) {
  if (!content.contains("group") || !content["group"].is_string())
    throw errors::config("{}: a list of tasks needs `group`, its name", file.place(pointer + "/task"));
  TaskNode group;
  group.name = content["group"].get<std::string>();
  if (contains(open_groups_, group.name)) throw errors::config("{}: group '{}' holds itself", file.place(pointer + "/group"), group.name);
  open_groups_.push_back(group.name);
  group.alias = content.contains("group_alias") && content["group_alias"].is_string() ? content["group_alias"].get<std::string>() : group.name;
  group.version = version_of(content);
  group.aggregate = group_metrics(file, content, pointer);
  Json down = Json::object();
  for (const auto& [key, value] : content.items())
    if (!contains(kGroupKeys, key)) down[key] = value;
  down = merged(down, pushed_down);
  const Json& members = content["task"];
  for (std::size_t i = 0; i < members.size(); ++i) load_member(file, members[i], pointer + "/task/" + std::to_string(i), down, group);
  if (group.members.empty()) throw errors::config("{}: group '{}' has no members", file.place(pointer + "/task"), group.name);
  open_groups_.pop_back();
  return group;
}

std::string TaskLoader::unused_name(const std::string& name, const TaskNode& group) const {
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(group.members.begin(), group.members.end(), [&](const TaskNode& member) { return member.name == candidate; });
  };
  std::string candidate = name;
  for (int i = 1; taken(candidate); ++i) candidate = name + "-" + std::to_string(i);
  return candidate;
}

void TaskLoader::load_member(const YamlFile& file, const Json& member, const std::string& pointer, const Json& pushed_down, TaskNode& group) {
  const std::string where = file.place(pointer);
  if (member.is_string()) {
    for (auto& node : load_name(member.get<std::string>(), pushed_down, where)) {
      const bool twice = std::any_of(group.members.begin(), group.members.end(), [&](const TaskNode& known) { return known.name == node.name; });
      if (!twice) group.members.push_back(std::move(node));
    }
    return;
  }
  if (!member.is_object() || !member.contains("task")) throw errors::config("{}: must be a name or a map with `task`", where);
  if (member["task"].is_array()) {
    group.members.push_back(load_group(file, member, pointer, pushed_down));
    return;
  }
  if (!member["task"].is_string()) throw errors::config("{}: `task` must be a name or a list", where);
  const std::string base = member["task"].get<std::string>();
  const std::string name = unused_name(base, group);
  const auto known = index_.entries().find(base);
  if (known != index_.entries().end() && known->second.kind == "task") {
    if (!known->second.broken.empty()) throw errors::config("{}", known->second.broken);
    group.members.push_back(load_task(YamlFile::load(known->second.yaml), name, merged(pushed_down, member)));
    return;
  }
  // A task of its own, written out inside the group.
  YamlFile inner;
  inner.path = file.path;
  inner.value = member;
  for (const auto& [place_pointer, text] : file.places)
    if (place_pointer.starts_with(pointer)) inner.places[place_pointer.substr(pointer.size())] = text;
  if (!member.contains("dataset_path") && !pushed_down.contains("dataset_path"))
    throw errors::config("{}: no task '{}'{}", where, base, did_you_mean(base, index_.names()));
  group.members.push_back(load_task(std::move(inner), name, pushed_down));
}

std::vector<GroupMetric> TaskLoader::group_metrics(const YamlFile& file, const Json& content, const std::string& pointer) const {
  std::vector<GroupMetric> metrics;
  if (!content.contains("aggregate_metric_list") || content["aggregate_metric_list"].is_null()) return metrics;
  const Json& list = content["aggregate_metric_list"];
  if (!list.is_array()) throw errors::config("{}: aggregate_metric_list must be a list", file.place(pointer + "/aggregate_metric_list"));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string base = pointer + "/aggregate_metric_list/" + std::to_string(i);
    const Json& entry = list[i];
    if (!entry.is_object() || !entry.contains("metric") || !entry["metric"].is_string())
      throw errors::config("{}: an entry of aggregate_metric_list needs `metric`", file.place(base));
    GroupMetric metric;
    for (const auto& [key, value] : entry.items()) {
      const std::string where = file.place(base + "/" + key);
      if (key == "metric") metric.metric = value.get<std::string>();
      else if (key == "weight_by_size" && value.is_boolean()) metric.weight_by_size = value.get<bool>();
      else if (key == "filter_list" && value.is_string()) metric.filters = {value.get<std::string>()};
      else if (key == "filter_list" && value.is_array()) metric.filters = value.get<std::vector<std::string>>();
      else if (key == "aggregation" && value == "mean") continue;
      else if (key == "aggregation") throw errors::config("{}: a group's aggregation must be mean", where);
      else throw errors::config("{}: '{}' is not a key of aggregate_metric_list with this value{}", where, key,
                                did_you_mean(key, {"metric", "aggregation", "weight_by_size", "filter_list"}));
    }
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace lmms_eval
