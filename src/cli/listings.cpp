#include "cli/listings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "lmms_eval/model.h"
#include "lmms_eval/task.h"
#include "lmms_eval/version.h"
#include "report/table.h"

namespace lmms_eval::cli {
namespace {

namespace fs = std::filesystem;

/// Bundled files as tasks/..., others as they are, tags as ---.
std::string location(const TaskManager::Entry& entry) {
  if (entry.yaml.empty()) return "---";
  const auto bundled = TaskManager::bundled_tasks();
  const auto relative = entry.yaml.lexically_relative(bundled);
  if (!relative.empty() && *relative.begin() != "..") return (fs::path("tasks") / relative).string();
  return entry.yaml.string();
}

std::string table_of_kind(const TaskManager& manager, const std::string& kind) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : manager.entries()) {
    if (entry.kind != kind) continue;
    if (kind == "task")
      rows.push_back({entry.name, location(entry), entry.output_type});
    else if (kind == "group")
      rows.push_back({entry.name, location(entry)});
    else
      rows.push_back({entry.name});
  }
  if (kind == "task") return markdown_table({"Task", "Config Location", "Output Type"}, rows);
  if (kind == "group") return markdown_table({"Group", "Config Location"}, rows);
  return markdown_table({"Tag"}, rows);
}

std::string broken_note(const TaskManager& manager) {
  if (manager.broken_files() == 0) return {};
  return fmt::format("({} YAML {} could not be read; --verbosity DEBUG says why)\n", manager.broken_files(),
                     manager.broken_files() == 1 ? "file" : "files");
}

std::string with_doc_counts(const TaskManager& manager) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : manager.entries()) {
    if (entry.kind != "task") continue;
    std::string count;
    try {
      count = std::to_string(manager.load({entry.name}, {}).front().task->num_docs());
    } catch (const Error& error) {
      count = "unknown: " + one_line(error.what(), 80);
    }
    rows.push_back({entry.name, count});
  }
  return markdown_table({"Task", "Docs"}, rows);
}

}  // namespace

bool is_task_listing(const std::string& tasks) {
  return tasks == "list" || tasks == "list_groups" || tasks == "list_tags" || tasks == "list_subtasks" ||
         tasks == "list_with_num";
}

std::string task_listing(const std::string& kind, const std::vector<fs::path>& include_paths) {
  const TaskManager manager(include_paths);
  std::string text;
  if (kind == "list") {
    text = "Available Tasks:\n";
    for (const auto& entry : manager.entries()) text += " - " + entry.name + "\n";
  } else if (kind == "list_groups") {
    text = table_of_kind(manager, "group");
  } else if (kind == "list_tags") {
    text = table_of_kind(manager, "tag");
  } else if (kind == "list_subtasks") {
    text = table_of_kind(manager, "task");
  } else {
    text = with_doc_counts(manager);
  }
  return text + broken_note(manager);
}

std::string tasks_command(const std::vector<std::string>& arguments) {
  std::string action = "list";
  std::vector<fs::path> include_paths;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool takes_value = argument == "--include-path" || argument == "--include_path" || argument == "--verbosity";
    if (takes_value && i + 1 == arguments.size()) throw errors::usage("tasks: {} needs a value", argument);
    if (argument == "--verbosity")
      ++i;
    else if (takes_value)
      include_paths.emplace_back(arguments[++i]);
    else
      action = argument;
  }
  const std::vector<std::string> actions = {"list", "groups", "subtasks", "tags"};
  if (std::find(actions.begin(), actions.end(), action) == actions.end())
    throw errors::usage("tasks {}: must be one of {}{}", action, join(actions, ", "), did_you_mean(action, actions));
  if (action != "list") return task_listing("list_" + action, include_paths);
  const TaskManager manager(include_paths);
  const auto entries = manager.entries();
  std::string text = fmt::format("Available tasks ({}):\n\n", entries.size());
  for (const auto& entry : entries) text += "  " + entry.name + "\n";
  return text + broken_note(manager);
}

std::string models_command(const std::vector<std::string>& arguments) {
  bool with_aliases = false;
  for (const auto& argument : arguments) {
    if (argument != "--aliases") throw errors::usage("models {}: no such flag; only --aliases", argument);
    with_aliases = true;
  }
  auto models = registered_models();
  const std::vector<std::string> order = {"chat", "chat+simple", "simple"};
  std::stable_sort(models.begin(), models.end(), [&](const auto& a, const auto& b) {
    return std::find(order.begin(), order.end(), a.type) < std::find(order.begin(), order.end(), b.type);
  });
  const std::string rule(with_aliases ? 82 : 42, '-');
  std::string text = fmt::format("Registered Models ({} total)\n{}\n{:<28}{:<14}{}\n{}\n", models.size(), rule, "Name",
                                 "Type", with_aliases ? "Aliases" : "", rule);
  for (const auto& model : models)
    text += fmt::format("{:<28}{:<14}{}\n", model.name, model.type, with_aliases ? join(model.aliases, ", ") : "");
  text += rule + "\n";
  for (const auto& type : order)
    text +=
        fmt::format("{}: {}  ", type,
                    std::count_if(models.begin(), models.end(), [&](const auto& model) { return model.type == type; }));
  return text + "\n";
}

std::string version_text() {
  std::string text = fmt::format("{:<11}{}\n", "lmms_eval", version());
  return text + fmt::format("{:<11}{}\n", "Git", git_hash().empty() ? "unknown" : git_hash());
}

}  // namespace lmms_eval::cli
