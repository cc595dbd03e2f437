#include "tasks/configurable_task.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "tasks/generation_kwargs.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kOutputTypes = {"generate_until", "multiple_choice", "loglikelihood"};

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
  std::optional<FewshotSampler> sampler;
};

ConfigurableTask::ConfigurableTask(std::string name, TaskConfig config, TaskOverrides overrides)
    : name_(std::move(name)), config_(std::move(config)), overrides_(std::move(overrides)) {
  refuse_unsupported();
  say_what_has_no_effect();
  apply_overrides();
  scorer_ = std::make_unique<Scorer>(config_, overrides_);
}

ConfigurableTask::~ConfigurableTask() = default;

void ConfigurableTask::say_what_has_no_effect() const {
  for (const char* field : {"lmms_eval_specific_kwargs", "model_specific_target_kwargs", "cluster_key"}) {
    if (config_.has(field) && !config_[field].empty())
      spdlog::warn("{}: {} has no effect: only a function could use it, and this task has none", config_.place(field),
                   field);
  }
}

void ConfigurableTask::refuse_unsupported() const {
  const std::string type = output_type();
  if (std::find(kOutputTypes.begin(), kOutputTypes.end(), type) == kOutputTypes.end()) {
    static const std::vector<std::string> kLater = {"loglikelihood_rolling", "generate_until_multi_round",
                                                    "generate_until_agentic", "generate_visual_cot"};
    if (std::find(kLater.begin(), kLater.end(), type) != kLater.end())
      throw errors::config("{}: output_type {} is not supported in this version", config_.place("output_type"), type);
    throw errors::config("{}: unknown output_type '{}'{}", config_.place("output_type"), type,
                         did_you_mean(type, kOutputTypes));
  }
  for (const char* field : {"process_docs", "process_results", "doc_to_messages"}) {
    if (!config_.has(field)) continue;
    const Json& value = config_[field];
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
  if (shots_ > 0) first_n_examples();  // says what is wrong with fewshot_config before anything is read
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

std::string ConfigurableTask::fewshot_split() const {
  for (const char* field : {"fewshot_split", "training_split", "validation_split", "test_split"})
    if (config_.has(field)) return config_.text(field);
  return eval_split();
}

ConfigurableTask::Opened& ConfigurableTask::opened() const {
  std::call_once(open_once_, [this] {
    data::DataSource source;
    source.path = config_.text("dataset_path");
    source.name = config_.text("dataset_name");
    if (config_.has("dataset_kwargs")) source.kwargs = config_["dataset_kwargs"];
    source.folder = config_.folder_of(config_.has("dataset_kwargs") ? "dataset_kwargs" : "dataset_path");
    source.where = config_.place("dataset_path");
    auto opened = std::make_unique<Opened>();
    opened->docs = data::open_split(source, eval_split());
    opened->reader.emplace(config_, opened->docs->columns(), opened->docs->folder());
    if (shots_ > 0) {
      const std::string split = fewshot_split();
      const bool same = split == eval_split();
      opened->sampler.emplace(data::open_split(source, split, data::kRandomAccessBytes), first_n_examples(), same,
                              overrides_.fewshot_seed);
      opened->sampler->require(shots_, name_, split);
    }
    opened_ = std::move(opened);
  });
  return *opened_;
}

bool ConfigurableTask::first_n_examples() const {
  const Json& fewshot = config_["fewshot_config"];
  if (!fewshot.is_object() || !fewshot.contains("sampler")) return false;
  const Json& sampler = fewshot["sampler"];
  if (sampler == "first_n") return true;
  if (sampler == "default") return false;
  throw errors::config("{}: unknown sampler {}; must be default or first_n", config_.place("fewshot_config/sampler"),
                       sampler.dump());
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

std::string ConfigurableTask::answer_text(const Doc& doc) const {
  const auto& reader = *opened().reader;
  Json target = reader.target(doc);
  if (target.is_array()) target = target.empty() ? Json("") : Json(target.front());
  return choice_text(doc, target);
}

std::string ConfigurableTask::choice_text(const Doc& doc, const Json& value) const {
  if (value.is_string()) return value.get<std::string>();
  const auto& reader = *opened().reader;
  if (!value.is_number_integer() || !reader.has_choices()) return tmpl::str(value);
  const auto choices = reader.choices(doc);
  const auto index = value.get<std::int64_t>();
  if (index < 0 || index >= static_cast<std::int64_t>(choices.size()))
    throw errors::data("doc {}: {} is not one of its {} choices", doc.id(), index, choices.size());
  return choices[static_cast<std::size_t>(index)];
}

Turn ConfigurableTask::turn(const Doc& doc, const Json& question) const {
  return {opened().reader->visuals(doc), choice_text(doc, question), ""};
}

void ConfigurableTask::add_requests(std::vector<Request>& requests, const Doc& doc, std::vector<Message> messages,
                                    int index, std::string continuation) const {
  Request request;
  request.type = output_type() == "generate_until" ? RequestType::generate_until : RequestType::loglikelihood;
  request.task = name_;
  request.doc_id = doc.id();
  request.index = index;
  request.messages = std::move(messages);
  request.continuation = std::move(continuation);
  if (output_type() == "multiple_choice") request.raw_delimiter = config_.text("target_delimiter");
  request.options = options_;
  for (request.repeat = 0; request.repeat < repeats_; ++request.repeat) requests.push_back(request);
}

std::vector<Request> ConfigurableTask::build_requests(const Doc& doc) {
  return errors::with_context(fmt::format("while building the requests of doc {} of task {}", doc.id(), name_), [&] {
    auto& opened = this->opened();
    const DocReader& reader = *opened.reader;
    PromptLayout layout;
    layout.target_delimiter = config_.text("target_delimiter");
    layout.fewshot_delimiter = config_.text("fewshot_delimiter");
    layout.gen_prefix = reader.gen_prefix(doc);
    layout.multiturn = overrides_.fewshot_as_multiturn;
    layout.system = join_system(overrides_.system_instruction, reader.description(doc), layout.fewshot_delimiter);
    std::vector<Turn> examples;
    if (shots_ > 0) {
      for (const Doc& example : opened.sampler->examples(doc.id(), shots_)) {
        examples.push_back(turn(example, reader.text(example)));
        examples.back().answer = answer_text(example);
      }
    }
    const Json question = reader.text(doc);
    std::vector<Request> requests;
    if (output_type() == "generate_until") {
      add_requests(requests, doc, layout_messages(layout, examples, turn(doc, question)), 0, "");
    } else if (output_type() == "loglikelihood") {
      add_requests(requests, doc, layout_messages(layout, examples, turn(doc, question)), 0, answer_text(doc));
    } else {
      const auto choices = reader.choices(doc);
      if (choices.empty()) throw errors::data("doc {} has no choices", doc.id());
      // A question that is a number means that the choices are the contexts, and the target continues each of them.
      const bool contexts = question.is_number_integer();
      for (std::size_t i = 0; i < choices.size(); ++i) {
        add_requests(requests, doc,
                     layout_messages(layout, examples, turn(doc, contexts ? Json(choices[i]) : question)),
                     static_cast<int>(i), contexts ? answer_text(doc) : choices[i]);
      }
    }
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
