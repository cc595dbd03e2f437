#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lmms_eval/export.h"
#include "report/output_paths.h"

namespace lmms_eval {

/// Writes the results object as lmms-eval does: indent 2, non-ASCII kept, NaN as NaN; one line for .jsonl. Throws
/// Error{output}.
LMMS_EVAL_API void write_results_file(const nlohmann::ordered_json& document, const OutputPaths& paths);

}  // namespace lmms_eval
