#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/task_config.h"
#include "yaml/yaml_file.h"

namespace lmms_eval {

/// The aggregate_metric_list of a group at `pointer` of a file (a list, or one entry alone). What an entry leaves out
/// is by the rules of the group's tasks: lm-eval weighs by size and takes every filter, lmms-eval does neither. Throws
/// Error{config} with file:line.
std::vector<GroupMetric> group_metrics(const YamlFile& file, const nlohmann::ordered_json& group,
                                       const std::string& pointer, Rules rules);

}  // namespace lmms_eval
