#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "evaluator/task_run.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// The sections of a results file that scoring decides: results, groups, group_subtasks, configs, versions, n-shot,
/// higher_is_better, n-samples, task_hashes.
nlohmann::ordered_json results_document(const std::vector<TaskNode>& tasks,
                                        const std::vector<std::unique_ptr<TaskRun>>& runs, int bootstrap_iters,
                                        bool with_hashes);

/// The `usage` and `efficiency` sections.
nlohmann::ordered_json usage_section(const std::vector<std::unique_ptr<TaskRun>>& runs,
                                     std::optional<std::int64_t> budget);
nlohmann::ordered_json efficiency_section(const std::vector<std::unique_ptr<TaskRun>>& runs);

}  // namespace lmms_eval
