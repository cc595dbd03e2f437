#include "tasks/metric_list.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> default_metrics(const std::string& output_type) {
  if (output_type == "multiple_choice") return {"acc", "acc_norm"};
  if (output_type == "loglikelihood") return {"perplexity", "acc"};
  if (output_type == "loglikelihood_rolling") return {"word_perplexity", "byte_perplexity", "bits_per_byte"};
  return {"exact_match"};
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

const metrics::Metric* metric_named(const std::string& name, const std::string& output_type, const std::string& where) {
  const auto* metric = metrics::find_metric(name);
  if (!metric && metrics::is_known_elsewhere(name))
    throw errors::config("{}: metric '{}' is not supported in this version", where, name);
  if (!metric)
    throw errors::config("{}: unknown metric '{}'{} (known: {})", where, name,
                         did_you_mean(name, metrics::metric_names()), join(metrics::metric_names(), ", "));
  const auto types = metric->output_types();
  if (!contains(types, output_type))
    throw errors::config("{}: metric '{}' needs output_type {}, not {}", where, name, join(types, " or "), output_type);
  return metric;
}

void check_aggregation(const std::string& name, const std::string& where) {
  if (metrics::find_aggregation(name)) return;
  if (metrics::is_known_elsewhere(name))
    throw errors::config("{}: aggregation '{}' is not supported in this version", where, name);
  throw errors::config("{}: unknown aggregation '{}'{} (known: {})", where, name,
                       did_you_mean(name, metrics::aggregation_names()), join(metrics::aggregation_names(), ", "));
}

void read_key(const std::string& key, const Json& value, const std::string& where, MetricUse& use) {
  const auto& known = use.metric->arguments;
  if (key == "metric" || key == "hf_evaluate") return;
  if (key == "aggregation") {
    use.aggregation = tmpl::str(value);
    check_aggregation(use.aggregation, where);
  } else if (key == "higher_is_better") {
    if (!value.is_boolean() && !value.is_null())
      throw errors::config("{}: higher_is_better must be true or false, not {}", where, value.dump());
    use.higher_is_better = value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
  } else if (contains(known, key)) {
    use.arguments[key] = value;
  } else if (!use.metric->generation || known.empty()) {
    spdlog::warn("{}: metric '{}' has no use for '{}'", where, use.metric->name, key);
  } else {
    throw errors::config("{}: metric '{}' takes no argument '{}'{}", where, use.metric->name, key,
                         did_you_mean(key, known));
  }
}

MetricUse read_entry(const TaskConfig& config, const Json& entry, const std::string& base, bool as_lmms_eval_07) {
  if (!entry.is_object() || !entry.contains("metric"))
    throw errors::config("{}: an entry of metric_list needs `metric`", config.place(base));
  for (const char* key : {"metric", "aggregation"}) {
    if (entry.contains(key) && is_function(entry[key]))
      throw errors::config("{}: {} needs the Python function {}, which this version has no native form of",
                           config.place(base + "/" + key), key, function_name(entry[key]));
  }
  MetricUse use;
  use.metric = metric_named(tmpl::str(entry["metric"]), config.text("output_type"), config.place(base + "/metric"));
  use.aggregation = use.metric->aggregation;
  use.higher_is_better = use.metric->higher_is_better || (as_lmms_eval_07 && use.metric->name == "ter");
  for (const auto& [key, value] : entry.items()) read_key(key, value, config.place(base + "/" + key), use);
  if (!use.metric->check) return use;
  try {
    use.metric->check(use.arguments);
  } catch (const Error& error) {
    throw errors::config("{}: metric '{}': {}", config.place(base), use.metric->name, error.message());
  }
  return use;
}

}  // namespace

std::vector<std::string> MetricUse::names() const {
  return metric->parts.empty() ? std::vector<std::string>{metric->name} : metric->parts;
}

std::vector<MetricUse> read_metric_list(const TaskConfig& config, bool as_lmms_eval_07) {
  Json list = config["metric_list"];
  if (list.is_null()) {
    list = Json::array();
    for (const auto& name : default_metrics(config.text("output_type"))) list.push_back({{"metric", name}});
  }
  std::vector<MetricUse> uses;
  for (std::size_t i = 0; i < list.size(); ++i) {
    MetricUse use = read_entry(config, list[i], "metric_list/" + std::to_string(i), as_lmms_eval_07);
    // Named twice: the last one counts, as in a Python dict.
    std::erase_if(uses, [&](const MetricUse& known) { return known.metric == use.metric; });
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace lmms_eval
