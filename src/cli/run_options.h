#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lmms_eval::cli {

using Seed = std::optional<std::int64_t>;  // nothing: do not seed

/// Every flag of one evaluation, as given. Defaults are those of the command line.
struct RunOptions {
  // What to evaluate
  std::string model;
  std::string model_args;
  std::string tasks;
  std::string include_path;
  // Prompts
  std::optional<int> num_fewshot;
  std::string system_instruction;
  std::optional<std::string> apply_chat_template;  // "" for the bare flag
  bool fewshot_as_multiturn = false;
  // Generation and the machine
  std::string gen_kwargs;
  std::string batch_size = "1";
  std::optional<int> max_batch_size;
  std::string device;
  int repeats = 1;
  std::string seed = "0,1234,1234,1234";
  std::optional<std::int64_t> max_tokens;
  std::string reasoning_tags = R"([["<think>","</think>"],["<analysis>","</analysis>"]])";
  // Which docs
  std::optional<double> limit;
  std::int64_t offset = 0;
  std::string compat;  // "", or the version whose way is taken
  std::string dataset_root;
  std::string samples;  // JSON {task: [doc ids]}, or a file of it
  // Output
  std::string output_path;
  bool log_samples = false;
  std::string log_samples_suffix;
  bool predict_only = false;
  bool write_out = false;
  bool show_config = false;
  bool check_integrity = false;
  std::string verbosity = "INFO";
  // Caches
  std::string use_cache;
  std::string cache_requests;
  // Files of flags
  std::string config;
  // Accepted, without effect: flag -> value as given
  std::map<std::string, std::string> without_effect;
  // Refused by name
  std::vector<std::string> refused;
  // Every flag that was given on the command line or in --config, with its value, for the results file.
  std::map<std::string, std::string> given;

  /// --include_path and --tasks: items of comma lists, without empty ones and the space around them.
  std::vector<std::filesystem::path> include_paths() const;
  std::vector<std::string> task_selectors() const;
  /// --samples read. Throws Error{usage}.
  std::map<std::string, std::vector<std::int64_t>> sample_ids() const;
  /// --seed as four values: random, numpy, torch, few-shot. Throws Error{usage}.
  std::vector<Seed> seeds() const;
};

/// Checks each value by itself; throws Error{usage} that names the flag, its value and what is allowed.
void check_values(const RunOptions& options);
/// Checks what is needed, values and the rules between flags; throws Error{usage} that names the flag, its value and
/// what is allowed.
void check(const RunOptions& options);

}  // namespace lmms_eval::cli
