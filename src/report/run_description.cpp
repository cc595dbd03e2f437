#include "report/run_description.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/python_json.h"
#include "lmms_eval/version.h"
#include "report/output_paths.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json sha_or_null(const std::string& text) { return text.empty() ? Json() : Json(sha256_hex(text)); }

Json config_section(const RunDescription& run, const ModelInfo& model) {
  Json config;
  config["model"] = run.model_source;
  config["model_args"] = redact(run.model_args);
  config["model_backend"] = model.name;
  config["batch_size"] = model.batch_size;
  config["batch_sizes"] = Json::array();
  config["device"] = model.device;
  config["dtype"] = text_or_null(model.dtype);
  config["use_cache"] = text_or_null(run.use_cache);
  config["limit"] = run.limit ? Json(*run.limit) : Json();
  config["offset"] = run.offset;
  config["bootstrap_iters"] = run.bootstrap_iters;
  config["gen_kwargs"] = redacted(run.gen_kwargs);
  const char* const names[] = {"random_seed", "numpy_seed", "torch_seed", "fewshot_seed"};
  for (std::size_t i = 0; i < 4; ++i)
    config[names[i]] = i < run.seeds.size() && run.seeds[i] ? Json(*run.seeds[i]) : Json();
  config["resolved_cli_args"] = redacted(run.resolved_cli_args);
  return config;
}

}  // namespace

Json redacted(const Json& value) {
  if (value.is_string()) return redact(value.get<std::string>());
  if (value.is_array()) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(redacted(item));
    return list;
  }
  if (!value.is_object()) return value;
  Json object = Json::object();
  for (const auto& [key, item] : value.items())
    object[key] = is_secret_name(key) && !item.is_null() ? Json("[REDACTED]") : redacted(item);
  return object;
}

void describe_run(Results& results, const RunDescription& run) {
  Json& document = *results.document;
  // These stand after the description in the file.
  Json tail = Json::object();
  for (const char* key : {"throughput", "usage", "efficiency", "task_hashes"}) {
    if (!document.contains(key)) continue;
    tail[key] = document[key];
    document.erase(key);
  }
  // A task may carry a token of its own, e.g. in dataset_kwargs.
  if (document.contains("configs"))
    for (auto& [task, fields] : document["configs"].items()) fields = redacted(fields);
  document["config"] = config_section(run, results.model);
  document["git_hash"] = text_or_null(git_hash());
  document["git_branch"] = text_or_null(git_branch());
  document["lmms_eval_version"] = version();
  document["date"] = run.date;
  for (auto& [key, value] : tail.items()) document[key] = value;
  const std::string name = model_name_from_args(run.model_args);
  document["model_source"] = run.model_source;
  document["model_name"] = name;
  document["model_name_sanitized"] = sanitized_model_name(name);
  document["system_instruction"] = text_or_null(redact(run.system_instruction));
  document["system_instruction_sha"] = sha_or_null(run.system_instruction);
  document["fewshot_as_multiturn"] = run.fewshot_as_multiturn;
  document["chat_template"] = text_or_null(results.model.chat_template);
  document["chat_template_sha"] = sha_or_null(results.model.chat_template);
  document["start_time"] = run.start_time;
  document["end_time"] = run.end_time;
  document["total_evaluation_time_seconds"] = python_float_repr(run.end_time - run.start_time);
}

}  // namespace lmms_eval
