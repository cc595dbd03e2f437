#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/yaml_file.h"

namespace lmms_eval {

/// The aggregate_metric_list of a group at `pointer` of a file (a list, or one entry alone). Throws Error{config} with
/// file:line.
std::vector<GroupMetric> group_metrics(const YamlFile& file, const nlohmann::ordered_json& group,
                                       const std::string& pointer);

}  // namespace lmms_eval
