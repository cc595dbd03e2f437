#include "tasks/filter_list.h"

#include <algorithm>

#include "base/errors.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

/// A step whose errors say which one it was.
filters::Step placed(filters::Step step, std::string where) {
  return [step = std::move(step), where = std::move(where)](const auto& responses, const auto& doc) {
    return errors::with_context(where, [&] { return step(responses, doc); });
  };
}

Pipeline read_pipeline(const TaskConfig& config, const Json& entry, const std::string& base, bool as_lmms_eval_07) {
  const std::string output_type = config.text("output_type");
  const bool texts = output_type.starts_with("generate_until");
  if (!entry.is_object() || !entry.contains("name") || !entry.contains("filter") || !entry["filter"].is_array())
    throw errors::config("{}: a pipeline of filter_list needs `name` and a list `filter`", config.place(base));
  Pipeline pipeline{tmpl::str(entry["name"]), {}, false};
  bool takes_first = false;
  for (std::size_t k = 0; k < entry["filter"].size(); ++k) {
    const std::string where = config.place(base + "/filter/" + std::to_string(k));
    Json arguments = entry["filter"][k];
    if (!arguments.is_object() || !arguments.contains("function"))
      throw errors::config("{}: a filter needs `function`", where);
    if (is_function(arguments["function"]))
      throw errors::config("{}: needs the Python class {}, which this version has no native form of", where,
                           function_name(arguments["function"]));
    const std::string name = tmpl::str(arguments["function"]);
    arguments.erase("function");
    if (name == "remove_whitespace" && !arguments.contains("both_ends"))
      arguments["both_ends"] = config.rules() == Rules::lm_eval;
    if (as_lmms_eval_07 && filters::takes_argument(name, "random_fallback") && !arguments.contains("random_fallback"))
      arguments["random_fallback"] = true;
    pipeline.steps.push_back(placed(filters::make_step(name, arguments, where), where + ": filter '" + name + "'"));
    takes_first |= name == "take_first";
    pipeline.takes_several |= name == "take_first_k" && arguments.value("k", 0) > 1;
    if (!texts && name != "take_first" && name != "take_first_k")
      throw errors::config("{}: filter '{}' works on texts, but output_type {} gives log-likelihoods", where, name,
                           output_type);
  }
  if (!texts && !takes_first)
    throw errors::config("{}: with output_type {} a pipeline needs the filter take_first", config.place(base),
                         output_type);
  return pipeline;
}

}  // namespace

std::vector<Pipeline> read_filter_list(const TaskConfig& config, bool as_lmms_eval_07) {
  const Json& list = config["filter_list"];
  if (list.is_null())
    return {{"none", {filters::make_step("take_first", Json::object(), config.place("filter_list"))}, false}};
  if (!list.is_array())
    throw errors::config("{}: filter_list must be a list of pipelines", config.place("filter_list"));
  if (list.empty()) throw errors::config("{}: filter_list has no pipeline", config.place("filter_list"));
  std::vector<Pipeline> pipelines;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Pipeline pipeline = read_pipeline(config, list[i], "filter_list/" + std::to_string(i), as_lmms_eval_07);
    const auto same = [&](const Pipeline& known) { return known.name == pipeline.name; };
    if (std::any_of(pipelines.begin(), pipelines.end(), same))
      throw errors::config("{}: two pipelines are named '{}'", config.place("filter_list/" + std::to_string(i)),
                           pipeline.name);
    pipelines.push_back(std::move(pipeline));
  }
  return pipelines;
}

filters::TagPairs read_reasoning_tags(const TaskConfig& config, const std::string& from_command_line,
                                      std::vector<Pipeline>& pipelines) {
  Json tags = config["reasoning_tags"];
  if (tags.is_null()) tags = Json::parse(from_command_line, nullptr, false);
  if (tags.is_string()) tags = Json::parse(tags.get<std::string>(), nullptr, false);
  if (!tags.is_array()) {
    // none, false: nothing is stripped, unless the task asks for it.
    if (config["auto_strip_thinking"] == true)
      for (auto& pipeline : pipelines)
        pipeline.steps.insert(pipeline.steps.begin(), filters::make_step("strip_thinking", Json::object(), ""));
    return {};
  }
  try {
    return filters::tag_pairs(tags, "reasoning_tags");
  } catch (const Error& error) {
    if (!config.has("reasoning_tags")) throw errors::usage("--{}", error.message());
    throw errors::config("{}: {}", config.place("reasoning_tags"), error.message());
  }
}

}  // namespace lmms_eval
