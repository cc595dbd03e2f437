#include "tasks/scorer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/errors.h"
#include "base/log.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

bool generates(const std::string& output_type) { return output_type.starts_with("generate_until"); }

/// What Python's str() prints; nothing for null.
std::string as_text(const Json& value) { return value.is_null() ? "" : tmpl::str(value); }

/// A text, (log-probability, is greedy), or the log-probability alone of a rolling one.
Json raw_response(const Response& response, const std::string& output_type) {
  if (generates(output_type)) return response.text;
  if (output_type == "loglikelihood_rolling") return response.logprob;
  return Json::array({response.logprob, response.is_greedy});
}

/// Per request the list of its responses.
std::vector<Json> raw_responses(std::span<const Response> responses, const std::string& output_type, int repeats) {
  std::vector<Json> requests;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    if (i % static_cast<std::size_t>(repeats) == 0) requests.push_back(Json::array());
    requests.back().push_back(raw_response(responses[i], output_type));
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

/// Indices of the right choices, kNoChoice for a target that is none of them.
void read_gold(const DocReader& reader, const Doc& doc, const std::vector<std::string>& choices,
               metrics::ChoicesAnswer& answer) {
  // A question that is a number says which of the choices, here the contexts, is the right one.
  const Json question = reader.text(doc);
  const Json target = question.is_number_integer() ? question : reader.target(doc);
  const auto count = static_cast<std::int64_t>(choices.size());
  const auto add = [&](const Json& value) {
    if (value.is_null()) throw errors::data("doc {}: its target is null", doc.id());
    // As Python compares: 0.0 and False are the first choice, True the second.
    const bool whole = value.is_boolean() || (value.is_number() && value == std::floor(value.get<double>()));
    std::int64_t index = value.is_boolean() ? value.get<bool>()
                         : whole            ? value.get<std::int64_t>()
                                 : std::find(choices.begin(), choices.end(), as_text(value)) - choices.begin();
    if (index < 0 || index >= count) {
      index = metrics::ChoicesAnswer::kNoChoice;
    }
    answer.gold.push_back(index);
  };
  answer.several_gold = target.is_array();
  if (target.is_array())
    std::for_each(target.begin(), target.end(), add);
  else
    add(target);
}

/// The responses to all choices, and after them those without context where a metric asked for them.
metrics::ChoicesAnswer choices_answer(const DocReader& reader, const Doc& doc, const Json& filtered) {
  const auto choices = reader.choices(doc);
  metrics::ChoicesAnswer answer;
  for (std::size_t i = 0; i < filtered.size(); ++i) {
    const double logprob = filtered[i].at(0).get<double>();
    if (i < choices.size()) {
      answer.logprobs.push_back(logprob);
      answer.is_greedy.push_back(filtered[i].at(1).get<bool>());
      answer.characters.push_back(count_code_points(choices[i]));
      answer.bytes.push_back(choices[i].size());
    } else {
      answer.unconditional.push_back(logprob);
    }
  }
  if (answer.logprobs.size() != choices.size())
    throw errors::internal("doc {}: {} responses for {} choices", doc.id(), filtered.size(), choices.size());
  read_gold(reader, doc, choices, answer);
  return answer;
}

metrics::RollingAnswer rolling_answer(const DocReader& reader, const Doc& doc, const Json& filtered) {
  const std::string text = as_text(reader.target(doc));
  return {filtered.at(0).get<double>(), Regex::cached("\\s+").split(text).size(), text.size()};
}

/// Several right answers: any of them counts.
Json any_reference(const MetricUse& use, const metrics::GenerationAnswer& answer) {
  for (const auto& reference : answer.references)
    if (use.metric->generation({answer.predictions, {reference}}, use.arguments).get<double>() != 0.0) return 1.0;
  return 0.0;
}

}  // namespace

Scorer::Scorer(const TaskConfig& config, const TaskOverrides& overrides)
    : task_(config.text("task")),
      output_type_(config.text("output_type")),
      score_key_(config.text("score_key")),
      cluster_key_(config.text("cluster_key")),
      predict_only_(overrides.predict_only),
      as_lmms_eval_07_(overrides.as_lmms_eval_07),
      trims_(config.rules() == Rules::lmms_eval) {
  if (predict_only_)
    metrics_.push_back({metrics::find_metric("bypass"), "bypass", true});
  else
    metrics_ = read_metric_list(config, as_lmms_eval_07_);
  pipelines_ = read_filter_list(config, as_lmms_eval_07_);
  reasoning_tags_ = read_reasoning_tags(config, overrides.reasoning_tags, pipelines_);
}

bool Scorer::wants_unconditional() const {
  return std::any_of(metrics_.begin(), metrics_.end(), [](const MetricUse& use) { return use.metric->unconditional; });
}

/// lmms-eval takes white space off every answer, lm-eval off none; what follows a removed reasoning begins with it.
std::string Scorer::without_reasoning(const std::string& text) const {
  std::string answer = filters::strip_tags(text, reasoning_tags_);
  return trims_ || answer != python_strip(text) ? answer : text;
}

void Scorer::warn_of_missing_choice(const Doc& doc, const std::string& target, std::size_t choices) const {
  if (told_of_missing_choice_->exchange(true)) return;
  spdlog::warn(
      "task {}, doc {}: its target {} is not one of its {}; no answer to it can be right (said for the first doc only, "
      "--check_integrity counts them)",
      task_, doc.id(), one_line(target, 60), counted(static_cast<std::int64_t>(choices), "choice"));
}

Json Scorer::filtered(const Pipeline& pipeline, const Doc& doc, std::vector<Json> responses_of_requests) const {
  Json filtered = Json::array();
  for (auto& responses : responses_of_requests) {
    for (const auto& step : pipeline.steps) responses = step(responses, doc.fields());
    if (generates(output_type_) && !reasoning_tags_.empty()) {
      const auto strip =
          filters::for_each_text([&](const std::string& text) -> Json { return without_reasoning(text); });
      responses = strip(responses, doc.fields());
    }
    filtered.push_back(std::move(responses));
  }
  return filtered;
}

/// Each repeat as if it were alone.
std::vector<std::pair<std::string, std::vector<double>>> Scorer::repeat_scores(
    const Pipeline& pipeline, const DocReader& reader, const Doc& doc, const std::vector<Json>& responses_of_requests,
    int repeats) const {
  std::vector<std::pair<std::string, std::vector<double>>> scores;
  if (repeats < 2 || predict_only_ || pipeline.takes_several) return scores;
  for (std::size_t repeat = 0; repeat < static_cast<std::size_t>(repeats); ++repeat) {
    std::vector<Json> alone;
    for (const auto& responses : responses_of_requests) alone.push_back(Json::array({responses.at(repeat)}));
    const auto values = score_filtered(reader, doc, filtered(pipeline, doc, std::move(alone)));
    scores.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto& [metric, value] = values[i];
      const Json score = value.is_object() ? value.value(score_key_, Json()) : value;
      scores[i].first = metric;
      if (score.is_number() || score.is_boolean())
        scores[i].second.push_back(score.is_boolean() ? score.get<bool>() : score.get<double>());
    }
  }
  std::erase_if(scores,
                [&](const auto& of_metric) { return of_metric.second.size() != static_cast<std::size_t>(repeats); });
  return scores;
}

std::vector<ScoredFilter> Scorer::score(const DocReader& reader, const Doc& doc, std::span<const Response> responses,
                                        int repeats) const {
  const auto raw = raw_responses(responses, output_type_, repeats);
  std::vector<ScoredFilter> scores;
  for (const auto& pipeline : pipelines_) {
    ScoredFilter scored;
    scored.filter = pipeline.name;
    scored.filtered_resps = std::make_unique<Json>(filtered(pipeline, doc, raw));
    scored.values = score_filtered(reader, doc, *scored.filtered_resps);
    scored.repeat_scores = repeat_scores(pipeline, reader, doc, raw, repeats);
    scores.push_back(std::move(scored));
  }
  return scores;
}

Scorer::Values Scorer::score_filtered(const DocReader& reader, const Doc& doc, const Json& filtered) const {
  if (generates(output_type_)) return score_generation(reader, doc, filtered);
  Values values;
  if (predict_only_) return values;
  const auto add = [&](const auto& answer, auto score) {
    for (const auto& use : metrics_)
      values.emplace_back(use.metric->name, std::invoke(score, *use.metric)(answer, use.arguments));
  };
  if (output_type_ == "multiple_choice") {
    const auto answer = choices_answer(reader, doc, filtered);
    if (std::find(answer.gold.begin(), answer.gold.end(), metrics::ChoicesAnswer::kNoChoice) != answer.gold.end())
      warn_of_missing_choice(doc, as_text(reader.target(doc)), answer.logprobs.size());
    add(answer, &metrics::Metric::choices);
  } else if (output_type_ == "loglikelihood")
    add(metrics::LikelihoodAnswer{filtered.at(0).at(0).get<double>(), filtered.at(0).at(1).get<bool>()},
        &metrics::Metric::likelihood);
  else
    add(rolling_answer(reader, doc, filtered), &metrics::Metric::rolling);
  return values;
}

Scorer::Values Scorer::score_generation(const DocReader& reader, const Doc& doc, const Json& filtered) const {
  const Json& first = filtered.at(0);
  metrics::GenerationAnswer answer;
  for (const auto& item : first.is_array() ? first : filtered) {
    const std::string text = as_text(item);
    answer.predictions.emplace_back(trims_ ? python_strip(text) : std::string_view(text));
  }
  try {
    answer.references = gold_texts(reader, doc);
  } catch (const Error&) {
    if (!predict_only_) throw;  // answers are asked for where nobody knows the right ones, too
  }
  const bool several = !predict_only_ && reader.target(doc).is_array();
  Values values;
  for (const auto& use : metrics_) {
    const Json value = several && !use.metric->all_references ? any_reference(use, answer)
                                                              : use.metric->generation(answer, use.arguments);
    if (use.metric->parts.empty()) values.emplace_back(use.metric->name, value);
    for (const auto& part : use.metric->parts) values.emplace_back(part, value.at(part));
  }
  return values;
}

std::vector<MetricInfo> Scorer::metrics() const {
  std::vector<MetricInfo> list;
  if (predict_only_) return list;  // `bypass` is for the samples alone
  for (const auto& use : metrics_)
    for (const auto& name : use.names()) list.push_back({name, use.aggregation, use.higher_is_better});
  return list;
}

MetricAggregate Scorer::aggregate(const std::string& metric, std::span<const Json> values, int bootstrap_iters) const {
  for (const auto& use : metrics_) {
    const auto names = use.names();
    if (std::find(names.begin(), names.end(), metric) == names.end()) continue;
    // No doc could be scored.
    if (values.empty()) return {.value = std::numeric_limits<double>::quiet_NaN()};
    metrics::AggregationOptions options;
    options.bootstrap_iters = bootstrap_iters;
    options.arguments = use.arguments;
    options.as_lmms_eval_07 = as_lmms_eval_07_;
    auto result = metrics::find_aggregation(use.aggregation)->aggregate(values, options);
    metrics::add_errors_over_docs(values, score_key_, cluster_key_, result);
    return result;
  }
  throw errors::internal("metric '{}' is not one of the task's", metric);
}

}  // namespace lmms_eval
