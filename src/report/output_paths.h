#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Where a run's files go, decided once before anything is run, so that an unwritable place is an error at the start.
///
/// `--output_path X.json` or `X.jsonl` names the results file itself, samples lie beside it; anything else is a folder,
/// with a sub-folder for the model as lmms-eval makes it.
struct LMMS_EVAL_API OutputPaths {
  std::filesystem::path folder;
  std::filesystem::path results;
  bool one_line = false;  ///< results as one line (.jsonl)
  std::string date;       ///< YYYYMMDD_HHMMSS, local time; no other run in this folder has the same
  std::string suffix;     ///< --log_samples_suffix

  /// Throws Error{output} if the folder cannot be made or written to.
  static OutputPaths prepare(const std::string& output_path, const std::string& model_args, const std::string& suffix);

  std::filesystem::path samples(const std::string& task) const;

 private:
  /// Takes a second that no file in the folder bears, and holds it by a marker file: another run takes the next one.
  void reserve_date();

  std::shared_ptr<void> reservation_;
};

/// The model's name as lmms-eval takes it from --model_args: the value of the first of pretrained, model,
/// model_version, ... that is there; empty when none is.
LMMS_EVAL_API std::string model_name_from_args(const std::string& model_args);

/// Fit for a folder name: the last two path parts, each run of  " < > : / | \ ? * [ ]  as "__".
LMMS_EVAL_API std::string sanitized_model_name(const std::string& name);

/// Now, as YYYYMMDD_HHMMSS in local time.
LMMS_EVAL_API std::string date_stamp();

}  // namespace lmms_eval
