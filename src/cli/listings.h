#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lmms_eval::cli {

/// True for list, list_groups, list_tags, list_subtasks and list_with_num.
bool is_task_listing(const std::string& tasks);
/// What `--tasks list…` prints.
std::string task_listing(const std::string& kind, const std::vector<std::filesystem::path>& include_paths);

/// `lmms_eval tasks [list|groups|subtasks|tags] [--include_path DIR]`
std::string tasks_command(const std::vector<std::string>& arguments);
/// `lmms_eval models [--aliases]`
std::string models_command(const std::vector<std::string>& arguments);
/// `lmms_eval version`
std::string version_text();

}  // namespace lmms_eval::cli
