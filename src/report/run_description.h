#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lmms_eval/result_sink.h"

namespace lmms_eval {

/// What a results file says about a run besides its scores.
struct RunDescription {
  std::string model_source;           ///< --model as typed
  std::string model_args;             ///< secrets are redacted on the way into the file
  nlohmann::ordered_json gen_kwargs;  ///< map, or "" when not given
  std::string use_cache;              ///< empty: null
  std::optional<double> limit;
  std::int64_t offset = 0;
  int bootstrap_iters = 100000;
  std::vector<std::optional<std::int64_t>> seeds;  ///< random, numpy, torch, few-shot
  nlohmann::ordered_json resolved_cli_args = nlohmann::ordered_json::object();
  std::string system_instruction;
  bool fewshot_as_multiturn = false;
  std::string date;
  double start_time = 0;  ///< monotonic seconds
  double end_time = 0;
};

/// Adds the description to the document of `results`, keys in lmms-eval's order.
LMMS_EVAL_API void describe_run(Results& results, const RunDescription& run);

/// A copy without secrets: values under secret names, and secrets inside texts, become [REDACTED].
LMMS_EVAL_API nlohmann::ordered_json redacted(const nlohmann::ordered_json& value);

}  // namespace lmms_eval
