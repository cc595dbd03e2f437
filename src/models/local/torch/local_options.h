#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lmms_eval/model.h"

namespace lmms_eval::local {

/// What the command line says about a local model, checked.
struct LocalOptions {
  std::filesystem::path folder;  ///< the checkpoint
  std::string dtype = "auto";
  std::string device;             ///< empty: the best there is
  std::optional<int> batch_size;  ///< nothing: choose
  std::optional<int> max_batch_size;
  std::string chat_template;  ///< text or path of --model_args chat_template, empty when not given
  std::string chat_template_name;
  std::string system_prompt;
  std::optional<std::int64_t> max_length;  ///< of prompts, in tokens

  /// Every key of --model_args is used, or accepted with one logged line where it has no meaning here; an unknown one
  /// throws Error{usage} with the nearest names and the list. `batch_size` and `device` in it win over the flags.
  static LocalOptions parse(const std::string& model, const ModelOptions& options);
};

}  // namespace lmms_eval::local
