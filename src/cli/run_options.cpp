#include "cli/run_options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/key_values.h"
#include "base/log.h"
#include "base/text.h"
#include "lmms_eval/model.h"
#include "tasks/generation_kwargs.h"

namespace lmms_eval::cli {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::vector<std::string> comma_list(const std::string& text) {
  std::vector<std::string> items;
  for (const auto& item : split(text, ','))
    if (const auto trimmed = trim(item); !trimmed.empty()) items.emplace_back(trimmed);
  return items;
}

void check_batch_size(const std::string& text) {
  if (text == "auto") return;
  const std::string number = text.starts_with("auto:") ? text.substr(5) : text;
  if (const auto value = whole_number(number); value && *value >= 1) return;
  throw errors::usage("--batch_size {}: must be a number from 1 on, auto, or auto:N", text);
}

void check_device(const std::string& text) {
  if (text.empty() || text == "cpu" || text == "cuda") return;
  if (text.starts_with("cuda:") && whole_number(text.substr(5)).value_or(-1) >= 0) return;
  if (text == "mps")
    throw errors::usage("--device mps: this build runs on Linux, where there is no such device; use cpu or cuda");
  throw errors::usage("--device {}: must be cpu, cuda or cuda:N{}", text,
                      did_you_mean(text, {"cpu", "cuda", "cuda:0"}));
}

void check_limit(const RunOptions& options) {
  if (!options.limit) return;
  const double limit = *options.limit;
  if (!(limit == -1 || limit > 0))
    throw errors::usage("--limit {}: must be -1 (all docs), a share between 0 and 1, or a number of docs from 1 on",
                        limit);
}

void check_reasoning_tags(const std::string& text) {
  if (to_lower(text) == "none") return;
  const auto tags = nlohmann::json::parse(text, nullptr, false);
  const bool good = tags.is_array() && std::all_of(tags.begin(), tags.end(), [](const auto& pair) {
                      return pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string();
                    });
  if (!good)
    throw errors::usage(R"(--reasoning_tags {}: must be none or a JSON list of pairs like [["<think>","</think>"]])",
                        text);
}

void check_model(const std::string& name) {
  if (name.empty()) throw errors::usage("--model is missing; `lmms_eval models` lists the models");
  std::vector<std::string> names;
  for (const auto& model : registered_models()) {
    names.push_back(model.name);
    names.insert(names.end(), model.aliases.begin(), model.aliases.end());
  }
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw errors::usage("--model {}: no such model{} (known: {})", name, did_you_mean(name, names), join(names, ", "));
}

void check_not_empty(const RunOptions& options) {
  for (const char* flag : {"output_path", "use_cache", "include_path", "device", "config", "samples", "limit", "offset",
                           "num_fewshot", "max_batch_size", "repeats", "max_tokens"})
    if (const auto given = options.given.find(flag); given != options.given.end() && trim(given->second).empty())
      throw errors::usage("--{}: is empty; give a value or leave the flag out", flag);
}

void check_numbers(const RunOptions& options) {
  if (options.max_batch_size && *options.max_batch_size < 1)
    throw errors::usage("--max_batch_size {}: must be from 1 on", *options.max_batch_size);
  if (options.num_fewshot && *options.num_fewshot < 0)
    throw errors::usage("--num_fewshot {}: must not be negative", *options.num_fewshot);
  if (options.offset < 0) throw errors::usage("--offset {}: must not be negative", options.offset);
  if (options.repeats < 1) throw errors::usage("--repeats {}: must be from 1 on", options.repeats);
  if (options.max_tokens && *options.max_tokens < 1)
    throw errors::usage("--max_tokens {}: must be from 1 on", *options.max_tokens);
}

void check_cache_requests(const std::string& text) {
  static const std::vector<std::string> kValues = {"true", "refresh", "delete"};
  if (!text.empty() && std::find(kValues.begin(), kValues.end(), text) == kValues.end())
    throw errors::usage("--cache_requests {}: must be one of {}", text, join(kValues, ", "));
}

/// What one flag asks of another.
void check_rules(const RunOptions& options) {
  if ((options.log_samples || options.predict_only) && options.output_path.empty()) {
    throw errors::usage("{} needs --output_path, which says where the samples go",
                        options.log_samples ? "--log_samples" : "--predict_only (it writes samples)");
  }
  if (!options.log_samples_suffix.empty() && !options.log_samples && !options.predict_only)
    throw errors::usage("--log_samples_suffix {}: needs --log_samples", options.log_samples_suffix);
  if (options.fewshot_as_multiturn) {
    if (!options.apply_chat_template) throw errors::usage("--fewshot_as_multiturn needs --apply_chat_template");
    if (options.num_fewshot.value_or(0) <= 0)
      throw errors::usage("--fewshot_as_multiturn needs --num_fewshot greater than 0");
  }
  if (!options.samples.empty() && (options.limit || options.offset != 0))
    throw errors::usage("--samples names the docs to run; leave --limit and --offset out");
}

}  // namespace

std::vector<std::filesystem::path> RunOptions::include_paths() const {
  const auto items = comma_list(include_path);
  return {items.begin(), items.end()};
}

std::vector<std::string> RunOptions::task_selectors() const { return comma_list(tasks); }

std::map<std::string, std::vector<std::int64_t>> RunOptions::sample_ids() const {
  if (samples.empty()) return {};
  const bool inline_text = trim(samples).starts_with("{");
  std::string text = samples;
  if (!inline_text) {
    if (!std::filesystem::is_regular_file(samples))
      throw errors::usage("--samples {}: is neither JSON {{task: [doc ids]}} nor a file", samples);
    text = read_file(samples);
  }
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  const auto refuse = [&](const std::string& what) {
    throw errors::usage("--samples{}: {}; it takes {{\"task\": [0, 3, 7], ...}}", inline_text ? "" : " " + samples,
                        what);
  };
  if (!json.is_object()) refuse("no JSON map of tasks");
  std::map<std::string, std::vector<std::int64_t>> ids;
  for (const auto& [task, list] : json.items()) {
    if (!list.is_array()) refuse("the docs of task " + task + " are no list");
    for (const auto& id : list) {
      const bool too_large = id.is_number_unsigned() && id.get<std::uint64_t>() > INT64_MAX;
      if (!id.is_number_integer() || too_large)
        refuse("task " + task + ": " + (id.is_structured() ? "a list" : id.dump()) + " is no doc id");
      ids[task].push_back(id.get<std::int64_t>());
    }
    ids.try_emplace(task);
  }
  return ids;
}

std::vector<Seed> RunOptions::seeds() const {
  std::vector<Seed> values;
  for (const auto& item : split(seed, ',')) {
    const std::string text(trim(item));
    if (to_lower(text) == "none") {
      values.emplace_back();
    } else if (const auto number = whole_number(text)) {
      values.push_back(number);
    } else {
      throw errors::usage("--seed {}: '{}' is neither a whole number nor None", seed, text);
    }
  }
  if (values.size() == 1) values.resize(4, values.front());
  if (values.size() == 3) values.push_back(1234);
  if (values.size() != 4)
    throw errors::usage("--seed {}: takes 1, 3 or 4 values (random, numpy, torch, few-shot)", seed);
  return values;
}

void check_values(const RunOptions& options) {
  check_not_empty(options);
  if (options.given.contains("model")) check_model(options.model);
  check_verbosity(options.verbosity);
  check_batch_size(options.batch_size);
  check_device(options.device);
  check_limit(options);
  check_numbers(options);
  if (!options.compat.empty() && options.compat != "lmms-eval-0.7")
    throw errors::usage("--compat {}: must be lmms-eval-0.7", options.compat);
  check_cache_requests(options.cache_requests);
  check_reasoning_tags(options.reasoning_tags);
  if (!options.dataset_root.empty() && !std::filesystem::is_directory(options.dataset_root))
    throw errors::usage("--dataset_root {}: no such folder", options.dataset_root);
  if (options.log_samples_suffix.find('/') != std::string::npos)
    throw errors::usage("--log_samples_suffix {}: is part of a file name and must have no /",
                        options.log_samples_suffix);
  options.seeds();
  options.sample_ids();
  KeyValues::parse(options.model_args, "--model_args");
  generation_options(KeyValues::parse(options.gen_kwargs, "--gen_kwargs").values(), "--gen_kwargs", ErrorKind::usage);
}

void check(const RunOptions& options) {
  check_model(options.model);
  if (options.tasks.empty()) throw errors::usage("--tasks is missing; `lmms_eval --tasks list` lists the tasks");
  check_values(options);
  check_rules(options);
}

}  // namespace lmms_eval::cli
