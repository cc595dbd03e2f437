#include "cli/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/python_json.h"
#include "base/text.h"
#include "cli/integrity.h"
#include "lmms_eval/evaluate.h"
#include "report/results_file.h"
#include "report/run_description.h"
#include "report/samples_file.h"
#include "report/table.h"
#include "tasks/task_config.h"

namespace lmms_eval::cli {
namespace {

using Json = nlohmann::ordered_json;

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void say_what_has_no_effect(const RunOptions& options) {
  if (!options.refused.empty())
    throw errors::usage("--{}: not supported in this version; leave it out", join(options.refused, ", --"));
  for (const auto& [flag, why] : options.without_effect) spdlog::info("--{} has no effect here: {}", flag, why);
  if (const auto seeds = options.seeds(); options.given.contains("seed"))
    spdlog::info(
        "--seed {}: the seeds of random and numpy have no effect here; torch's ({}) seeds sampling, the last "
        "({}) the choice of examples",
        options.seed, seeds[2] ? std::to_string(*seeds[2]) : "None", seeds[3] ? std::to_string(*seeds[3]) : "None");
  if (!options.cache_requests.empty())
    spdlog::info("--cache_requests has no effect here: requests are built as the run goes, none are kept");
}

bool is_chat_model(const std::string& name) {
  for (const auto& model : registered_models())
    if (model.name == name || std::find(model.aliases.begin(), model.aliases.end(), name) != model.aliases.end())
      return model.type.find("chat") != std::string::npos;
  return false;
}

SimpleEvaluateOptions to_evaluation(const RunOptions& options) {
  SimpleEvaluateOptions evaluation;
  evaluation.model = options.model;
  evaluation.tasks = options.task_selectors();
  evaluation.include_paths = options.include_paths();

  auto& model = evaluation.model_options;
  model.args = options.model_args;
  model.batch_size = options.batch_size;
  model.max_batch_size = options.max_batch_size;
  model.device = options.device;
  model.chat_template_name = options.apply_chat_template;
  model.torch_seed = options.seeds()[2];

  auto& overrides = evaluation.overrides;
  overrides.num_fewshot = options.num_fewshot;
  overrides.gen_kwargs_json = KeyValues::parse(options.gen_kwargs, "--gen_kwargs").values().dump();
  overrides.predict_only = options.predict_only;
  if (options.repeats > 1) overrides.repeats = options.repeats;
  overrides.fewshot_seed = options.seeds()[3];
  overrides.system_instruction = options.system_instruction;
  overrides.apply_chat_template = options.apply_chat_template.has_value();
  overrides.fewshot_as_multiturn = options.fewshot_as_multiturn;
  overrides.model_name = options.model;
  overrides.as_lmms_eval_07 = !options.compat.empty();
  overrides.chat_model = is_chat_model(options.model);
  overrides.reasoning_tags = options.reasoning_tags;
  overrides.dataset_root = options.dataset_root;

  evaluation.evaluate.limit = options.limit;
  evaluation.evaluate.offset = options.offset;
  evaluation.evaluate.as_lmms_eval_07 = !options.compat.empty();
  evaluation.evaluate.samples = options.sample_ids();
  evaluation.evaluate.use_cache = options.use_cache;
  evaluation.evaluate.write_out = options.write_out;
  evaluation.evaluate.max_tokens = options.max_tokens;
  return evaluation;
}

/// Every flag with its value after merging, for the results file; flags without effect as they were given.
Json resolved_arguments(const RunOptions& options) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  const auto optional = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json all;
  all["model"] = options.model;
  all["tasks"] = options.tasks;
  all["model_args"] = options.model_args;
  all["num_fewshot"] = optional(options.num_fewshot);
  all["batch_size"] = options.batch_size;
  all["max_batch_size"] = optional(options.max_batch_size);
  all["device"] = or_null(options.device);
  all["output_path"] = or_null(options.output_path);
  all["limit"] = optional(options.limit);
  all["offset"] = options.offset;
  all["compat"] = or_null(options.compat);
  all["samples"] = or_null(options.samples);
  all["use_cache"] = or_null(options.use_cache);
  all["cache_requests"] = or_null(options.cache_requests);
  all["check_integrity"] = options.check_integrity;
  all["write_out"] = options.write_out;
  all["log_samples"] = options.log_samples;
  all["log_samples_suffix"] = options.log_samples_suffix;
  all["predict_only"] = options.predict_only;
  all["system_instruction"] = or_null(options.system_instruction);
  all["apply_chat_template"] = !options.apply_chat_template           ? Json(false)
                               : options.apply_chat_template->empty() ? Json(true)
                                                                      : Json(*options.apply_chat_template);
  all["fewshot_as_multiturn"] = options.fewshot_as_multiturn;
  all["show_config"] = options.show_config;
  all["include_path"] = or_null(options.include_path);
  if (!options.dataset_root.empty()) all["dataset_root"] = options.dataset_root;
  all["gen_kwargs"] = options.gen_kwargs;
  all["repeats"] = options.repeats;
  all["max_tokens"] = optional(options.max_tokens);
  all["reasoning_tags"] = options.reasoning_tags;
  all["verbosity"] = options.verbosity;
  all["config"] = or_null(options.config);
  all["seed"] = Json::array();
  for (const auto& seed : options.seeds()) all["seed"].push_back(optional(seed));
  for (const auto& [flag, why] : options.without_effect) all[flag] = options.given.at(flag);
  return all;
}

RunDescription describe(const RunOptions& options) {
  RunDescription run;
  run.model_source = options.model;
  run.model_args = options.model_args;
  run.gen_kwargs =
      options.gen_kwargs.empty() ? Json("") : KeyValues::parse(options.gen_kwargs, "--gen_kwargs").values();
  run.use_cache = options.use_cache;
  run.limit = options.limit;
  run.offset = options.offset;
  run.seeds = options.seeds();
  run.resolved_cli_args = resolved_arguments(options);
  run.system_instruction = options.system_instruction;
  run.fewshot_as_multiturn = options.fewshot_as_multiturn;
  return run;
}

std::string summary_line(const RunOptions& options, const Results& results) {
  const auto or_none = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string("None"); };
  return redact(fmt::format("{} ({}), gen_kwargs: ({}), limit: {}, offset: {}, num_fewshot: {}, batch_size: {}",
                            options.model, options.model_args, options.gen_kwargs, or_none(options.limit),
                            options.offset, or_none(options.num_fewshot),
                            results.model.batch_size.empty() ? options.batch_size : results.model.batch_size));
}

void print_tables(const Results& results) {
  fmt::print("{}", results_table(results));
  if (const std::string groups = groups_table(results); !groups.empty()) fmt::print("\n{}", groups);
}

/// What the tables do not say of a task; under --predict_only, which has none, how many docs were answered.
void print_notes(const std::string& task, const TaskCounts& counts, bool predict_only) {
  std::vector<std::string> notes;
  if (predict_only) notes.push_back("no metrics computed");
  if (counts.cached > 0) notes.push_back(fmt::format("{} from the cache", counts.cached));
  if (counts.empty > 0) notes.push_back(counted(counts.empty, "empty answer"));
  if (counts.cut > 0) notes.push_back(counted(counts.cut, "answer") + " cut at max_new_tokens");
  const std::string docs = predict_only
                               ? fmt::format("{} of {} answered", counts.answered, counted(counts.requested, "doc"))
                               : counted(counts.answered, "doc");
  if (!notes.empty()) fmt::print("{}: {}, {}\n", task, docs, join(notes, ", "));
}

/// Each task's configuration without what every task has.
Json shown_configs(const Results& results) {
  Json shown = redacted((*results.document)["configs"]);
  for (auto& config : shown) config = without_defaults(config);
  return shown;
}

void print_report(const RunOptions& options, const Results& results) {
  fmt::print("{}\n", summary_line(options, results));
  if (!options.predict_only) print_tables(results);
  for (const auto& [task, counts] : results.counts) print_notes(task, counts, options.predict_only);
  if (options.show_config) fmt::print("{}\n", python_dumps(shown_configs(results), {.indent = 4}));
  std::fflush(stdout);
}

bool passes_integrity(const SimpleEvaluateOptions& evaluation) {
  const IntegrityReport report = check_integrity(evaluation);
  for (const auto& line : report.lines) spdlog::info("{}", line);
  for (const auto& line : report.warnings) spdlog::warn("{}", line);
  for (const auto& line : report.problems) spdlog::error("{}", line);
  return report.problems.empty();
}

}  // namespace

int run_evaluation(const RunOptions& options) {
  check(options);
  say_what_has_no_effect(options);
  if (options.limit && *options.limit != -1)
    spdlog::info("--limit is set: the scores are for testing, not for comparing");
  const SimpleEvaluateOptions evaluation = to_evaluation(options);
  RunDescription run = describe(options);
  std::optional<OutputPaths> paths;
  std::optional<SamplesFile> samples;
  std::vector<ResultSink*> sinks;
  if (!options.output_path.empty())
    paths = OutputPaths::prepare(options.output_path, options.model_args, options.log_samples_suffix);
  if (options.log_samples || options.predict_only) sinks.push_back(&samples.emplace(*paths));
  run.date = paths ? paths->date : date_stamp();
  run.start_time = monotonic_seconds();
  if (options.check_integrity && !passes_integrity(evaluation)) return 1;

  Results results = simple_evaluate(evaluation, sinks);
  run.end_time = monotonic_seconds();
  describe_run(results, run);
  print_report(options, results);  // before the file: a full disk must not take the scores
  if (paths) write_results_file(*results.document, *paths);
  if (paths) spdlog::info("results: {}", paths->results.string());
  if (samples)
    for (const auto& file : samples->files()) spdlog::info("samples: {}", file.string());
  for (const auto& problem : results.problems) spdlog::error("{}", problem);
  return results.complete ? 0 : 1;
}

}  // namespace lmms_eval::cli
