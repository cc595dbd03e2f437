#include <algorithm>
#include <map>

#include "base/errors.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

template <typename Entry>
std::map<std::string, Entry>& entries() {
  static std::map<std::string, Entry> instance;
  return instance;
}

template <typename Entry>
void add(Entry entry) {
  const std::string name = entry.name;
  if (!entries<Entry>().emplace(name, std::move(entry)).second)
    throw errors::internal("'{}' is registered twice", name);
}

template <typename Entry>
const Entry* find(const std::string& name) {
  const auto found = entries<Entry>().find(name);
  return found == entries<Entry>().end() ? nullptr : &found->second;
}

template <typename Entry>
std::vector<std::string> names() {
  std::vector<std::string> list;
  for (const auto& [name, entry] : entries<Entry>()) list.push_back(name);
  return list;
}

}  // namespace

void register_metric(Metric metric) { add(std::move(metric)); }
void register_aggregation(Aggregation aggregation) { add(std::move(aggregation)); }
const Metric* find_metric(const std::string& name) { return find<Metric>(name); }
const Aggregation* find_aggregation(const std::string& name) { return find<Aggregation>(name); }
std::vector<std::string> metric_names() { return names<Metric>(); }
std::vector<std::string> aggregation_names() { return names<Aggregation>(); }

bool is_known_elsewhere(const std::string& name) {
  // As metrics, acc_all and likelihood come from a task's own process_results; the others need neural models.
  static const std::vector<std::string> kNames = {"acc_all", "bert_score", "bleurt", "likelihood", "meteor"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace lmms_eval::metrics
