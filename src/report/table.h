#pragma once

#include <string>

#include "lmms_eval/result_sink.h"

namespace lmms_eval {

/// The Markdown table of lmms-eval, character for character: one row per task, filter and metric; columns without any
/// value are hidden. A `Docs` column (`n/N docs`) appears when not every requested doc was scored.
LMMS_EVAL_API std::string results_table(const Results& results);
/// The same for groups that aggregate; empty when there is none.
LMMS_EVAL_API std::string groups_table(const Results& results);

/// A Markdown table as pytablewriter lays it out: columns of numbers right-aligned with the fewest decimals that keep
/// all values, others left-aligned, headers centred. Cells are JSON numbers or texts.
LMMS_EVAL_API std::string markdown_table(const std::vector<std::string>& headers,
                                         const std::vector<std::vector<std::string>>& rows);

}  // namespace lmms_eval
