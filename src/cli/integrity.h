#pragma once

#include <string>
#include <vector>

#include "lmms_eval/evaluate.h"

namespace lmms_eval::cli {

struct IntegrityReport {
  std::vector<std::string> lines;     ///< what was checked, a line per task
  std::vector<std::string> warnings;  ///< what is allowed and may surprise
  std::vector<std::string> problems;  ///< what is broken, a line for each kind of problem of a task
};

/// --check_integrity: opens the data of every selected task, and for every doc of the evaluated split, whatever --limit
/// says, builds the requests, takes the target, looks for it among the choices and decodes the pictures. Throws Error
/// for a task that cannot be loaded or has no data.
IntegrityReport check_integrity(const SimpleEvaluateOptions& options);

}  // namespace lmms_eval::cli
