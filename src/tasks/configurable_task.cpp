#include "tasks/configurable_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "tasks/generation_kwargs.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kOutputTypes = {"generate_until", "multiple_choice", "loglikelihood",
                                               "loglikelihood_rolling"};

/// What a model-specific map gives this model: its own entry, else `default`, else nothing.
Json for_model(const Json& specific, const std::string& model) {
  if (!specific.is_object()) return Json::object();
  if (specific.contains(model)) return specific[model];
  return specific.value("default", Json::object());
}

}  // namespace

struct ConfigurableTask::Opened {
  std::shared_ptr<data::Split> docs;
  std::optional<DocReader> reader;
  std::optional<TaskConfig> example_config;  ///< of few-shot examples, as the next
  std::optional<DocReader> example_reader;
  std::optional<FewshotSampler> sampler;
};

namespace {

// What fewshot_config may say.
const std::vector<std::string> kFewshotKeys = {
    "sampler",       "split",         "samples",    "fewshot_indices",  "doc_to_text",
    "doc_to_choice", "doc_to_target", "gen_prefix", "target_delimiter", "fewshot_delimiter"};

/// The task's configuration as its examples see it: what fewshot_config says stands for the task's own fields.
TaskConfig example_config(const TaskConfig& config) {
  TaskConfig examples = config;
  const Json& fewshot = config["fewshot_config"];
  if (!fewshot.is_object()) return examples;
  for (const char* key :
       {"doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix", "target_delimiter", "fewshot_delimiter"})
    if (fewshot.contains(key) && !fewshot[key].is_null()) examples.set(key, fewshot[key]);
  return examples;
}

}  // namespace

ConfigurableTask::ConfigurableTask(std::string name, TaskConfig config, TaskOverrides overrides)
    : name_(std::move(name)), config_(std::move(config)), overrides_(std::move(overrides)) {
  if (overrides_.as_lmms_eval_07) config_.follow_lmms_eval();
  refuse_unsupported();
  const functions::Context context(config_, overrides_.model_name);
  DocReader::check_functions(context);
  say_what_has_no_effect(context);
  apply_overrides();
  scorer_ = std::make_unique<Scorer>(config_, overrides_);
}

ConfigurableTask::~ConfigurableTask() = default;

void ConfigurableTask::say_what_has_no_effect(const functions::Context& context) const {
  const auto warn_unless = [&](const char* field, bool used) {
    if (!used && config_.has(field) && !config_[field].empty())
      spdlog::warn("{}: {} has no effect: no function or template of this task uses it", config_.place(field), field);
  };
  warn_unless("lmms_eval_specific_kwargs", functions::uses_specific_kwargs(context));
  warn_unless("model_specific_target_kwargs", functions::uses_target_kwargs(context));
  if (config_.has("cluster_key"))
    spdlog::warn("{}: cluster_key has no effect: only a function could use it, and this task has none",
                 config_.place("cluster_key"));
}

void ConfigurableTask::refuse_unsupported() const {
  const std::string type = output_type();
  if (std::find(kOutputTypes.begin(), kOutputTypes.end(), type) == kOutputTypes.end()) {
    static const std::vector<std::string> kLater = {"generate_until_multi_round", "generate_until_agentic",
                                                    "generate_visual_cot"};
    if (std::find(kLater.begin(), kLater.end(), type) != kLater.end())
      throw errors::config("{}: output_type {} is not supported in this version", config_.place("output_type"), type);
    throw errors::config("{}: unknown output_type '{}'{} (known: {})", config_.place("output_type"), type,
                         did_you_mean(type, kOutputTypes), join(kOutputTypes, ", "));
  }
  for (const char* field : {"process_docs", "process_results", "doc_to_messages"}) {
    const Json& value = config_[field];
    if (value.is_null() || (is_native_function(value) && std::string_view(field) != "process_results")) continue;
    throw errors::config(
        "{}: {} {}, which this version has no native form of", config_.place(field), field,
        is_function(value) ? "needs the Python function " + function_name(value) : "is '" + value.dump() + "'");
  }
  if (!config_.has("dataset_path"))
    throw errors::config("{}: dataset_path is missing: where do the docs come from?", config_.place("task"));
  if (!config_.has("test_split") && !config_.has("validation_split"))
    throw errors::config("{}: neither test_split nor validation_split is set: which docs are to be evaluated?",
                         config_.place("task"));
  if (!config_.has("doc_to_text") || !config_.has("doc_to_target"))
    throw errors::config("{}: {} is missing", config_.place("task"),
                         config_.has("doc_to_text") ? "doc_to_target" : "doc_to_text");
  if (type == "multiple_choice" && !config_.has("doc_to_choice"))
    throw errors::config("{}: output_type multiple_choice needs doc_to_choice", config_.place("output_type"));
}

void ConfigurableTask::apply_overrides() {
  shots_ = config_.has("num_fewshot") ? config_["num_fewshot"].get<int>() : 0;
  if (overrides_.num_fewshot) {
    if (config_.has("num_fewshot") && shots_ == 0) {
      if (*overrides_.num_fewshot != 0) spdlog::info("{}: --num_fewshot is not applied, the task says 0", name_);
    } else {
      shots_ = *overrides_.num_fewshot;
    }
  }
  if (shots_ < 0) throw errors::config("{}: num_fewshot must be from 0 on", config_.place("num_fewshot"));
  config_.set("num_fewshot", shots_);
  check_fewshot_config();
  repeats_ = overrides_.repeats.value_or(config_["repeats"].get<int>());
  if (repeats_ < 1) throw errors::config("{}: repeats must be from 1 on", config_.place("repeats"));
  config_.set("repeats", repeats_);

  const bool generates = output_type() == "generate_until";
  Json kwargs = config_["generation_kwargs"];
  if (!generates) {
    if (!kwargs.is_null())
      spdlog::warn("{}: generation_kwargs have no effect with output_type {}", config_.place("generation_kwargs"),
                   output_type());
    return;
  }
  if (kwargs.is_null() && config_.rules() == Rules::lm_eval)
    kwargs = {{"temperature", 0.0}, {"do_sample", false}, {"max_gen_toks", 256}};
  if (kwargs.is_null()) kwargs = {{"until", Json::array({config_.text("fewshot_delimiter")})}, {"do_sample", false}};
  if (!kwargs.contains("until")) kwargs["until"] = Json::array({config_.text("fewshot_delimiter")});
  for (const Json& more : {for_model(config_["model_specific_generation_kwargs"], overrides_.model_name),
                           Json::parse(overrides_.gen_kwargs_json)})
    for (const auto& [key, value] : more.items()) kwargs[key] = value;
  if (kwargs.contains("temperature") && kwargs["temperature"].is_number())
    kwargs["temperature"] = kwargs["temperature"].get<double>();
  options_ = generation_options(kwargs, config_.place("generation_kwargs"));
  config_.set("generation_kwargs", std::move(kwargs));
}

std::string ConfigurableTask::eval_split() const {
  return config_.has("test_split") ? config_.text("test_split") : config_.text("validation_split");
}

FewshotSource ConfigurableTask::fewshot_source(const data::DataSource& data) const {
  const Json& config = config_["fewshot_config"];
  const Json fewshot = config.is_object() ? config : Json::object();
  const auto given = [&](const char* key) { return fewshot.contains(key) && !fewshot[key].is_null(); };
  FewshotSource source;
  source.first_n = given("sampler") && fewshot["sampler"] == "first_n";
  if (given("fewshot_indices")) source.rows = fewshot["fewshot_indices"].get<std::vector<std::int64_t>>();
  const std::string named = given("split") ? fewshot["split"].get<std::string>() : config_.text("fewshot_split");
  if (named.empty() && given("samples")) {
    source.name = "fewshot_config.samples";
    source.split = data::open_rows(fewshot["samples"], data.folder);
  } else {
    std::string split = named;
    for (const char* field : {"training_split", "validation_split", "test_split"})
      if (split.empty()) split = config_.text(field);
    source.name = "split '" + split + "'";
    source.split = processed(data::open_split(data, split, data::kRandomAccessBytes), data);
    source.drop_own_row = config_.rules() == Rules::lmms_eval && split == eval_split();
  }
  // lm-eval compares the two names as they are written; neither given counts as equal.
  const bool same_name = named == config_.text("test_split");
  source.drop_equal = config_.rules() == Rules::lm_eval && same_name;
  if (overrides_.as_lmms_eval_07) {
    // Its comparison of docs never holds for those with media, so that one of them may be its own example.
    source.drop_own_row = false;
    source.drop_equal = !config_.shows_media();
    source.as_lmms_eval_07 = true;
    source.one_more = same_name;
  }
  return source;
}

std::string ConfigurableTask::fewshot_leak() const {
  if (shots_ == 0 || !opened().sampler->draws_from(eval_split())) return {};
  return fmt::format(
      "its examples come from the evaluated split '{}', and lm-eval's rules leave the doc itself among "
      "them; name another fewshot_split, or name it as test_split is named",
      eval_split());
}

std::shared_ptr<data::Split> ConfigurableTask::processed(std::shared_ptr<data::Split> docs,
                                                         const data::DataSource& data) const {
  if (!config_.has("process_docs")) return docs;
  return errors::with_context("while preparing the docs of task " + name_ + " (process_docs)", [&] {
    const functions::Context context(config_, overrides_.model_name);
    return functions::make_docs(context, config_["process_docs"], "process_docs")(std::move(docs), data);
  });
}

ConfigurableTask::Opened& ConfigurableTask::opened() const {
  std::call_once(open_once_, [this] {
    data::DataSource source;
    source.path = config_.text("dataset_path");
    source.name = config_.text("dataset_name");
    if (config_.has("dataset_kwargs")) source.kwargs = config_["dataset_kwargs"];
    source.folder = config_.folder_of(config_.has("dataset_kwargs") ? "dataset_kwargs" : "dataset_path");
    source.root = overrides_.dataset_root;
    source.where = config_.place("dataset_path");
    auto opened = std::make_unique<Opened>();
    opened->docs = processed(data::open_split(source, eval_split()), source);
    opened->reader.emplace(config_, opened->docs->columns(), opened->docs->folder(), overrides_.model_name);
    if (shots_ > 0) {
      opened->example_config.emplace(example_config(config_));
      opened->example_reader.emplace(*opened->example_config, opened->docs->columns(), opened->docs->folder(),
                                     overrides_.model_name);
      opened->sampler.emplace(fewshot_source(source), overrides_.fewshot_seed);
      opened->sampler->require(shots_, name_);
    }
    opened_ = std::move(opened);
  });
  return *opened_;
}

void ConfigurableTask::check_fewshot_config() const {
  if (!config_["fewshot_config"].is_object()) return;
  const functions::Context context(config_, overrides_.model_name);
  for (const auto& [key, value] : config_["fewshot_config"].items()) {
    const std::string where = config_.place("fewshot_config/" + key);
    if (value.is_null() || (is_function(value) && shots_ == 0)) continue;
    if (is_function(value))
      throw errors::config("{}: {} needs the Python function {}, which this version has no native form of", where, key,
                           function_name(value));
    if (is_native_function(value) && key.starts_with("doc_to_"))
      functions::make_value(context, key, value, "fewshot_config/" + key);
    if (key == "sampler" && value != "first_n" && value != "default")
      throw errors::config("{}: unknown sampler {}; must be default or first_n", where, value.dump());
    if (key == "samples" && !value.is_array()) throw errors::config("{}: samples must be a list of docs", where);
    if (key == "fewshot_indices" && !(value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& n) {
                                        return n.is_number_unsigned();
                                      })))
      throw errors::config("{}: fewshot_indices must be a list of row numbers", where);
    if (key == "split" && !value.is_string()) throw errors::config("{}: split must be the name of one", where);
    if (shots_ > 0 && std::find(kFewshotKeys.begin(), kFewshotKeys.end(), key) == kFewshotKeys.end())
      spdlog::warn("{}: unknown key '{}' in fewshot_config{}", where, key, did_you_mean(key, kFewshotKeys));
  }
}

std::string ConfigurableTask::alias() const { return config_.has("task_alias") ? config_.text("task_alias") : name_; }

std::string ConfigurableTask::version() const {
  const Json& metadata = config_["metadata"];
  if (!metadata.is_object() || !metadata.contains("version")) return "Yaml";
  return metadata["version"].is_string() ? metadata["version"].get<std::string>() : metadata["version"].dump();
}

int ConfigurableTask::num_fewshot() const {
  const Json& metadata = config_["metadata"];
  if (shots_ == 0 && metadata.is_object() && metadata.contains("num_fewshot") &&
      metadata["num_fewshot"].is_number_integer())
    return metadata["num_fewshot"].get<int>();
  return shots_;
}

std::int64_t ConfigurableTask::num_docs() const { return opened().docs->num_rows(); }

Doc ConfigurableTask::doc(std::int64_t id) const { return opened().docs->row(id); }

Json ConfigurableTask::target(const Doc& doc) const { return opened().reader->target(doc); }

std::string ConfigurableTask::answer_text(const DocReader& reader, const Doc& doc) {
  Json target = reader.target(doc);
  if (target.is_array()) target = target.empty() ? Json("") : Json(target.front());
  return target.is_null() ? "" : choice_text(reader, doc, target);
}

std::string ConfigurableTask::choice_text(const DocReader& reader, const Doc& doc, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_integer() || !reader.has_choices()) return tmpl::str(value);
  const auto choices = reader.choices(doc);
  const auto index = value.get<std::int64_t>();
  if (index < 0 || index >= static_cast<std::int64_t>(choices.size()))
    throw errors::data("doc {}: {} is not one of its {} choices", doc.id(), index, choices.size());
  return choices[static_cast<std::size_t>(index)];
}

Turn ConfigurableTask::example(const Doc& doc) const {
  const DocReader& reader = *opened().example_reader;
  const TaskConfig& config = *opened().example_config;
  const Json target = reader.target(doc);
  // As in lm-eval, a choice or the first of several targets is an answer even where it is empty.
  const bool has_answer = !target.is_null() && target != "";
  const auto visuals = reader.visuals(doc);
  const std::string question = choice_text(reader, doc, reader.text(doc));
  return {visuals,
          question,
          has_answer ? std::optional(answer_text(reader, doc)) : std::nullopt,
          reader.gen_prefix(doc),
          config.text("target_delimiter"),
          config.text("fewshot_delimiter"),
          reader.parts(question, visuals)};
}

void ConfigurableTask::add_requests(std::vector<Request>& requests, Request request) const {
  request.index = requests.empty() ? 0 : requests.back().index + 1;
  for (request.repeat = 0; request.repeat < repeats_; ++request.repeat) requests.push_back(request);
}

/// A choice that goes on after a begun answer is delimited from it under a chat template too, unless the beginning, as
/// it is written in the YAML, ends in white space.
bool ConfigurableTask::continues_gen_prefix() const {
  const std::string gen_prefix = config_.text("gen_prefix");
  return !gen_prefix.empty() && std::isspace(static_cast<unsigned char>(gen_prefix.back())) == 0;
}

Request ConfigurableTask::request_of(const Doc& doc) const {
  Request request;
  const std::string type = output_type();
  request.type = type == "generate_until"          ? RequestType::generate_until
                 : type == "loglikelihood_rolling" ? RequestType::loglikelihood_rolling
                                                   : RequestType::loglikelihood;
  request.task = name_;
  request.doc_id = doc.id();
  if (type == "multiple_choice" && !continues_gen_prefix()) request.raw_delimiter = config_.text("target_delimiter");
  request.options = options_;
  return request;
}

/// What lmms-eval 0.7 sends to chat models: the question with its media alone; of tasks without media also description
/// and examples, in the same text. --system_instruction never.
std::vector<Message> ConfigurableTask::lmms_eval_messages(const Doc& doc, const std::vector<Turn>& examples,
                                                          std::string question) const {
  const DocReader& reader = *opened().reader;
  if (config_.shows_media()) {
    const auto visuals = reader.visuals(doc);
    return layout_messages("", {}, {visuals, question, std::nullopt, "", "", "", reader.parts(question, visuals)},
                           false);
  }
  std::vector<Turn> turns = examples;
  std::string& first = turns.empty() ? question : turns.front().question;
  first = reader.description(doc) + first;
  return layout_messages("", turns, {{}, std::move(question), std::nullopt, "", "", "", {}}, false);
}

std::vector<Message> ConfigurableTask::messages_of(const Doc& doc, const std::vector<Turn>& examples,
                                                   const std::string& question) const {
  const DocReader& reader = *opened().reader;
  if (overrides_.as_lmms_eval_07 && overrides_.chat_model) return lmms_eval_messages(doc, examples, question);
  const std::string system =
      join_delimited(overrides_.system_instruction, reader.description(doc), config_.text("fewshot_delimiter"));
  const auto visuals = reader.visuals(doc);
  const Turn turn{visuals,
                  question,
                  std::nullopt,
                  reader.gen_prefix(doc),
                  config_.text("target_delimiter"),
                  "",
                  reader.parts(question, visuals)};
  return layout_messages(system, examples, turn, overrides_.fewshot_as_multiturn);
}

std::vector<Request> ConfigurableTask::choice_requests(const Doc& doc, const std::vector<Turn>& examples) const {
  const DocReader& reader = *opened().reader;
  const auto choices = reader.choices(doc);
  if (choices.empty()) throw errors::data("doc {} has no choices", doc.id());
  const std::string delimiter = continues_gen_prefix() ? config_.text("target_delimiter") : "";
  const Json question = reader.text(doc);
  // A question that is a number means that the choices are the contexts, and the target continues each of them.
  const bool contexts = question.is_number_integer();
  std::vector<Request> requests;
  Request request = request_of(doc);
  if (contexts)
    request.continuation = delimiter + answer_text(reader, doc);
  else
    request.messages = messages_of(doc, examples, choice_text(reader, doc, question));
  for (const auto& choice : choices) {
    if (contexts)
      request.messages = messages_of(doc, examples, choice);
    else
      request.continuation = delimiter + choice;
    add_requests(requests, request);
  }
  if (!scorer_->wants_unconditional()) return requests;
  for (const auto& choice : choices) {
    request.messages.clear();
    request.continuation = delimiter + choice;
    add_requests(requests, request);
  }
  return requests;
}

std::vector<Request> ConfigurableTask::build_requests(const Doc& doc) {
  return errors::with_context(fmt::format("while building the requests of doc {} of task {}", doc.id(), name_), [&] {
    auto& opened = this->opened();
    const DocReader& reader = *opened.reader;
    std::vector<Turn> examples;
    if (shots_ > 0 && output_type() != "loglikelihood_rolling")
      for (const Doc& other : opened.sampler->examples(doc, shots_)) examples.push_back(example(other));
    if (output_type() == "multiple_choice") return choice_requests(doc, examples);
    Request request = request_of(doc);
    if (output_type() != "loglikelihood_rolling")
      request.messages = messages_of(doc, examples, choice_text(reader, doc, reader.text(doc)));
    if (output_type() != "generate_until") request.continuation = answer_text(reader, doc);
    std::vector<Request> requests;
    add_requests(requests, std::move(request));
    return requests;
  });
}

std::vector<ScoredFilter> ConfigurableTask::score(const Doc& doc, std::span<const Response> responses) const {
  return errors::with_context(fmt::format("while scoring doc {} of task {}", doc.id(), name_),
                              [&] { return scorer_->score(*opened().reader, doc, responses, repeats_); });
}

MetricAggregate ConfigurableTask::aggregate(const std::string& metric, std::span<const Json> values,
                                            int bootstrap_iters) const {
  return scorer_->aggregate(metric, values, bootstrap_iters);
}

Json ConfigurableTask::dump_config() const { return config_.dump(); }

}  // namespace lmms_eval
