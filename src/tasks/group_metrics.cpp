#include "tasks/group_metrics.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> filter_names(const Json& value, const std::string& where) {
  if (value.is_string()) return {value.get<std::string>()};
  const bool texts =
      value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); });
  if (!texts || value.empty())
    throw errors::config("{}: filter_list must be the name of a filter or a list of names", where);
  return value.get<std::vector<std::string>>();
}

GroupMetric group_metric(const YamlFile& file, const Json& entry, const std::string& pointer, Rules rules) {
  static const std::vector<std::string> kKeys = {"metric", "aggregation", "weight_by_size", "filter_list"};
  if (!entry.is_object() || !entry.contains("metric") || !entry["metric"].is_string())
    throw errors::config("{}: an entry of aggregate_metric_list needs `metric`, a name", file.place(pointer));
  GroupMetric metric;
  if (rules == Rules::lm_eval) {
    metric.filters.clear();
    metric.weight_by_size = true;
    metric.pooled_stderr = false;
  }
  for (const auto& [key, value] : entry.items()) {
    const std::string where = file.place(pointer + "/" + key);
    if (key == "metric") {
      metric.metric = value.get<std::string>();
    } else if (key == "weight_by_size") {
      metric.weight_by_size = !(value.is_null() || value == Json(false) || value == Json(0) || value == Json(""));
      if (!value.is_boolean())
        spdlog::warn("{}: weight_by_size should be true or false; {} counts as {}", where, value.dump(),
                     metric.weight_by_size);
    } else if (key == "filter_list") {
      metric.filters = filter_names(value, where);
    } else if (key == "aggregation") {
      if (is_function(value))
        throw errors::config("{}: needs the Python function {}, which this version has no native form of", where,
                             function_name(value));
      if (value != Json("mean"))
        throw errors::config("{}: the aggregation of a group must be mean, not {}", where, value.dump());
    } else {
      throw errors::config("{}: unknown key '{}' in aggregate_metric_list{}", where, key, did_you_mean(key, kKeys));
    }
  }
  return metric;
}

}  // namespace

std::vector<GroupMetric> group_metrics(const YamlFile& file, const Json& group, const std::string& pointer,
                                       Rules rules) {
  const auto found = group.find("aggregate_metric_list");
  if (found == group.end() || found->is_null()) return {};
  const std::string base = pointer + "/aggregate_metric_list";
  if (found->is_object()) return {group_metric(file, *found, base, rules)};
  if (!found->is_array()) throw errors::config("{}: aggregate_metric_list must be a list", file.place(base));
  std::vector<GroupMetric> metrics;
  for (std::size_t i = 0; i < found->size(); ++i)
    metrics.push_back(group_metric(file, (*found)[i], base + "/" + std::to_string(i), rules));
  return metrics;
}

}  // namespace lmms_eval
