#include "tasks/scorer.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

/// What Python's str() prints; nothing for null.
std::string as_text(const Json& value) { return value.is_null() ? "" : tmpl::str(value); }

/// Per request the list of its responses: texts, or [logprob, is_greedy].
std::vector<Json> raw_responses(std::span<const Response> responses, bool generation, int repeats) {
  std::vector<Json> requests;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    if (i % static_cast<std::size_t>(repeats) == 0) requests.push_back(Json::array());
    const auto& response = responses[i];
    requests.back().push_back(generation ? Json(response.text) : Json::array({response.logprob, response.is_greedy}));
  }
  return requests;
}

/// The gold answers as texts: a number is the text of that choice.
std::vector<std::string> gold_texts(const DocReader& reader, const Doc& doc) {
  const Json target = reader.target(doc);
  const auto one = [&](const Json& value) -> std::string {
    if (!value.is_number_integer() || !reader.has_choices()) return as_text(value);
    const auto choices = reader.choices(doc);
    const auto index = value.get<std::int64_t>();
    if (index < 0 || index >= static_cast<std::int64_t>(choices.size()))
      throw errors::data("doc {}: its target {} is not one of its {} choices", doc.id(), index, choices.size());
    return choices[static_cast<std::size_t>(index)];
  };
  std::vector<std::string> texts;
  if (target.is_array())
    for (const auto& item : target) texts.push_back(one(item));
  else
    texts.push_back(one(target));
  return texts;
}

/// Indices of the right choices. A target that is none of the choices is left out, so that no answer is right, as in
/// lmms-eval.
std::vector<std::size_t> gold_indices(const DocReader& reader, const Doc& doc,
                                      const std::vector<std::string>& choices) {
  // A question that is a number says which of the choices, here the contexts, is the right one.
  const Json question = reader.text(doc);
  const Json target = question.is_number_integer() ? question : reader.target(doc);
  std::vector<std::size_t> indices;
  const auto add = [&](const Json& value) {
    const std::int64_t index = value.is_number_integer()
                                   ? value.get<std::int64_t>()
                                   : std::find(choices.begin(), choices.end(), as_text(value)) - choices.begin();
    if (index < 0 || index >= static_cast<std::int64_t>(choices.size()))
      spdlog::warn("doc {}: its target {} is not one of its {} choices; no answer can be right", doc.id(), value.dump(),
                   choices.size());
    else
      indices.push_back(static_cast<std::size_t>(index));
  };
  if (target.is_array())
    std::for_each(target.begin(), target.end(), add);
  else
    add(target);
  return indices;
}

std::size_t argmax(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

std::vector<std::string> default_metrics(const std::string& output_type) {
  if (output_type == "multiple_choice") return {"acc", "acc_norm"};
  if (output_type == "loglikelihood") return {"perplexity", "acc"};
  return {"exact_match"};
}

}  // namespace

Scorer::Scorer(const TaskConfig& config, const TaskOverrides& overrides)
    : output_type_(config.text("output_type")), predict_only_(overrides.predict_only) {
  if (predict_only_)
    metrics_.push_back({metrics::find_metric("bypass"), "bypass", true});
  else
    read_metrics(config);
  read_filters(config);
  read_tags(config, overrides.reasoning_tags);
}

void Scorer::read_metrics(const TaskConfig& config) {
  Json list = config["metric_list"];
  if (list.is_null()) {
    list = Json::array();
    for (const auto& name : default_metrics(output_type_)) list.push_back({{"metric", name}});
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    MetricUse use = read_metric(config, list[i], "metric_list/" + std::to_string(i));
    // Named twice: the last one counts, as in a Python dict.
    std::erase_if(metrics_, [&](const MetricUse& known) { return known.metric == use.metric; });
    metrics_.push_back(std::move(use));
  }
}

Scorer::MetricUse Scorer::read_metric(const TaskConfig& config, const Json& entry, const std::string& base) const {
  if (!entry.is_object() || !entry.contains("metric"))
    throw errors::config("{}: an entry of metric_list needs `metric`", config.place(base));
  const std::string where = config.place(base + "/metric");
  for (const char* key : {"metric", "aggregation"}) {
    if (entry.contains(key) && is_function(entry[key]))
      throw errors::config("{}: {} needs the Python function {}, which this version has no native form of",
                           config.place(base + "/" + key), key, function_name(entry[key]));
  }
  const std::string name = as_text(entry["metric"]);
  MetricUse use;
  use.metric = metrics::find_metric(name);
  if (!use.metric && metrics::is_known_elsewhere(name))
    throw errors::config("{}: metric '{}' is not supported in this version", where, name);
  if (!use.metric)
    throw errors::config("{}: unknown metric '{}'{}", where, name, did_you_mean(name, metrics::metric_names()));
  const auto& types = use.metric->output_types;
  if (!types.empty() && std::find(types.begin(), types.end(), output_type_) == types.end())
    throw errors::config("{}: metric '{}' needs output_type {}, not {}", where, name, join(types, " or "),
                         output_type_);
  use.aggregation = use.metric->aggregation;
  use.higher_is_better = use.metric->higher_is_better;
  read_metric_keys(config, entry, base, use);
  return use;
}

void Scorer::read_metric_keys(const TaskConfig& config, const Json& entry, const std::string& base,
                              MetricUse& use) const {
  const std::string& name = use.metric->name;
  for (const auto& [key, value] : entry.items()) {
    const std::string where = config.place(base + "/" + key);
    if (key == "metric") continue;
    if (key == "aggregation") {
      use.aggregation = as_text(value);
    } else if (key == "higher_is_better") {
      if (!value.is_boolean() && !value.is_null())
        throw errors::config("{}: higher_is_better must be true or false, not {}", where, value.dump());
      use.higher_is_better = value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
    } else if (std::find(use.metric->arguments.begin(), use.metric->arguments.end(), key) ==
               use.metric->arguments.end()) {
      throw errors::config("{}: metric '{}' takes no argument '{}'{}", where, name, key,
                           did_you_mean(key, use.metric->arguments));
    } else {
      use.arguments[key] = value;
    }
  }
  if (use.metric->check) {
    try {
      use.metric->check(use.arguments);
    } catch (const Error& error) {
      throw errors::config("{}: metric '{}': {}", config.place(base), name, error.message());
    }
  }
  if (metrics::find_aggregation(use.aggregation)) return;
  const std::string place = config.place(base + "/aggregation");
  if (metrics::is_known_elsewhere(use.aggregation))
    throw errors::config("{}: aggregation '{}' is not supported in this version", place, use.aggregation);
  throw errors::config("{}: unknown aggregation '{}'{}", place, use.aggregation,
                       did_you_mean(use.aggregation, metrics::aggregation_names()));
}

void Scorer::read_filters(const TaskConfig& config) {
  const Json& list = config["filter_list"];
  if (list.is_null()) {
    pipelines_.push_back({"none", {filters::make_step("take_first", Json::object(), config.place("filter_list"))}});
    return;
  }
  if (!list.is_array())
    throw errors::config("{}: filter_list must be a list of pipelines", config.place("filter_list"));
  if (list.empty()) throw errors::config("{}: filter_list has no pipeline", config.place("filter_list"));
  for (std::size_t i = 0; i < list.size(); ++i) {
    Pipeline pipeline = read_pipeline(config, list[i], "filter_list/" + std::to_string(i));
    const auto same = [&](const Pipeline& known) { return known.name == pipeline.name; };
    if (std::any_of(pipelines_.begin(), pipelines_.end(), same))
      throw errors::config("{}: two pipelines are named '{}'", config.place("filter_list/" + std::to_string(i)),
                           pipeline.name);
    pipelines_.push_back(std::move(pipeline));
  }
}

Scorer::Pipeline Scorer::read_pipeline(const TaskConfig& config, const Json& entry, const std::string& base) const {
  if (!entry.is_object() || !entry.contains("name") || !entry.contains("filter") || !entry["filter"].is_array())
    throw errors::config("{}: a pipeline of filter_list needs `name` and a list `filter`", config.place(base));
  Pipeline pipeline{as_text(entry["name"]), {}};
  bool takes_first = false;
  for (std::size_t k = 0; k < entry["filter"].size(); ++k) {
    const std::string where = config.place(base + "/filter/" + std::to_string(k));
    Json arguments = entry["filter"][k];
    if (!arguments.is_object() || !arguments.contains("function"))
      throw errors::config("{}: a filter needs `function`", where);
    if (is_function(arguments["function"]))
      throw errors::config("{}: needs the Python class {}, which this version has no native form of", where,
                           function_name(arguments["function"]));
    const std::string name = as_text(arguments["function"]);
    arguments.erase("function");
    pipeline.steps.push_back(filters::make_step(name, arguments, where));
    takes_first |= name == "take_first";
    if (output_type_ != "generate_until" && name != "take_first" && name != "take_first_k")
      throw errors::config("{}: filter '{}' works on texts, but output_type {} gives log-likelihoods", where, name,
                           output_type_);
  }
  if (output_type_ != "generate_until" && !takes_first)
    throw errors::config("{}: with output_type {} a pipeline needs the filter take_first", config.place(base),
                         output_type_);
  return pipeline;
}

void Scorer::read_tags(const TaskConfig& config, const std::string& from_command_line) {
  Json tags = config["reasoning_tags"];
  if (tags.is_null()) tags = Json::parse(from_command_line, nullptr, false);
  if (tags.is_string()) tags = Json::parse(tags.get<std::string>(), nullptr, false);
  if (!tags.is_array()) {
    // none, false: nothing is stripped, unless the task asks for it.
    if (config["auto_strip_thinking"] == true)
      for (auto& pipeline : pipelines_)
        pipeline.steps.insert(pipeline.steps.begin(), filters::make_step("strip_thinking", Json::object(), ""));
    return;
  }
  try {
    reasoning_tags_ = filters::tag_pairs(tags, "reasoning_tags");
  } catch (const Error& error) {
    if (!config.has("reasoning_tags")) throw errors::usage("--{}", error.message());
    throw errors::config("{}: {}", config.place("reasoning_tags"), error.message());
  }
}

std::vector<ScoredFilter> Scorer::score(const DocReader& reader, const Doc& doc, std::span<const Response> responses,
                                        int repeats) const {
  const bool generation = output_type_ == "generate_until";
  const auto raw = raw_responses(responses, generation, repeats);
  const auto strip = filters::for_each_text(
      [&](const std::string& text) -> Json { return filters::strip_tags(text, reasoning_tags_); });
  std::vector<ScoredFilter> scores;
  for (const auto& pipeline : pipelines_) {
    Json filtered = Json::array();
    for (Json responses_of_request : raw) {
      for (const auto& step : pipeline.steps) responses_of_request = step(responses_of_request);
      if (generation && !reasoning_tags_.empty()) responses_of_request = strip(responses_of_request);
      filtered.push_back(std::move(responses_of_request));
    }
    ScoredFilter scored;
    scored.filter = pipeline.name;
    if (output_type_ == "multiple_choice")
      scored.values = score_choices(reader, doc, filtered);
    else if (output_type_ == "loglikelihood")
      scored.values = score_likelihood(filtered);
    else
      scored.values = score_generation(reader, doc, filtered);
    scored.filtered_resps = std::make_unique<Json>(std::move(filtered));
    scores.push_back(std::move(scored));
  }
  return scores;
}

Scorer::Values Scorer::score_generation(const DocReader& reader, const Doc& doc, const Json& filtered) const {
  const Json& first = filtered.at(0);
  std::vector<std::string> results;
  if (first.is_array())
    for (const auto& item : first) results.emplace_back(trim(as_text(item)));
  else
    for (const auto& item : filtered) results.emplace_back(trim(as_text(item)));
  const auto gold = gold_texts(reader, doc);
  Values values;
  if (predict_only_) {
    values.emplace_back("bypass", Json::array({Json(gold), Json(results)}));
    return values;
  }
  const bool several = reader.target(doc).is_array();
  for (const auto& use : metrics_) {
    if (use.metric->name == "bypass") {
      values.emplace_back("bypass", Json::array({Json(gold), Json(results)}));
    } else if (!several || use.metric->name == "anls") {
      values.emplace_back(use.metric->name, use.metric->score(results, gold, use.arguments));
    } else {
      // Several right answers: any of them counts.
      bool any = false;
      for (const auto& answer : gold) any |= use.metric->score(results, {answer}, use.arguments).get<double>() != 0.0;
      values.emplace_back(use.metric->name, any ? 1.0 : 0.0);
    }
  }
  return values;
}

Scorer::Values Scorer::score_choices(const DocReader& reader, const Doc& doc, const Json& filtered) const {
  if (predict_only_) return {};
  const auto choices = reader.choices(doc);
  std::vector<double> sums, normalized;
  std::vector<bool> greedy;
  for (std::size_t i = 0; i < filtered.size(); ++i) {
    const double logprob = filtered[i].at(0).get<double>();
    const auto length = std::max<std::size_t>(1, count_code_points(i < choices.size() ? choices[i] : ""));
    sums.push_back(logprob);
    normalized.push_back(logprob / static_cast<double>(length));
    greedy.push_back(filtered[i].at(1).get<bool>());
  }
  const auto gold = gold_indices(reader, doc, choices);
  const auto is_gold = [&](std::size_t index) {
    return std::find(gold.begin(), gold.end(), index) != gold.end() ? 1.0 : 0.0;
  };
  Values values;
  for (const auto& use : metrics_) {
    const std::string& name = use.metric->name;
    if (name == "acc")
      values.emplace_back(name, is_gold(argmax(sums)));
    else if (name == "acc_norm")
      values.emplace_back(name, is_gold(argmax(normalized)));
    else if (name == "exact_match")
      values.emplace_back(
          name, std::any_of(gold.begin(), gold.end(), [&](std::size_t index) { return greedy[index]; }) ? 1.0 : 0.0);
    else if (name == "f1" || name == "mcc")
      values.emplace_back(name, Json::array({gold.size() == 1 ? Json(gold[0]) : Json(gold), argmax(sums)}));
    else if (name == "bypass")
      values.emplace_back(name, Json::array({gold, filtered}));
  }
  return values;
}

Scorer::Values Scorer::score_likelihood(const Json& filtered) const {
  if (predict_only_) return {};
  Values values;
  for (const auto& use : metrics_) {
    if (use.metric->name == "perplexity")
      values.emplace_back("perplexity", filtered.at(0).at(0));
    else if (use.metric->name == "acc")
      values.emplace_back("acc", filtered.at(0).at(1).get<bool>() ? 1.0 : 0.0);
  }
  return values;
}

std::vector<MetricInfo> Scorer::metrics() const {
  std::vector<MetricInfo> list;
  for (const auto& use : metrics_) list.push_back({use.metric->name, use.aggregation, use.higher_is_better});
  return list;
}

MetricAggregate Scorer::aggregate(const std::string& metric, std::span<const Json> values, int bootstrap_iters) const {
  for (const auto& use : metrics_)
    if (use.metric->name == metric)
      return metrics::find_aggregation(use.aggregation)->aggregate(values, bootstrap_iters);
  throw errors::internal("metric '{}' is not one of the task's", metric);
}

}  // namespace lmms_eval
