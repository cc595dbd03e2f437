#pragma once

#include <string>
#include <vector>

#include "lmms_eval/evaluate.h"

namespace lmms_eval::cli {

/// --check_integrity: opens the data of every selected task, builds the requests and the target of every doc and reads
/// its media. Returns one line per task; throws Error{data} with task and doc for the first that fails.
std::vector<std::string> check_integrity(const SimpleEvaluateOptions& options);

}  // namespace lmms_eval::cli
