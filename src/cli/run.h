#pragma once

#include "cli/run_options.h"

namespace lmms_eval::cli {

/// One evaluation from options to printed table and written files. Returns the exit status: 0 if every metric was
/// computed over every requested doc, else 1. Throws Error.
int run_evaluation(const RunOptions& options);

}  // namespace lmms_eval::cli
