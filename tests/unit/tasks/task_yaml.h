#pragma once

#include <memory>
#include <string>

#include "lmms_eval/task.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "tasks/configurable_task.h"

namespace lmms_eval::testing {

/// A YAML field by field, so that tests show only what they are about. Its docs are four lines of `docs.jsonl`.
inline const std::string kDocs =
    "{\"question\": \"one?\", \"answer\": \"1\", \"label\": 0, \"choices\": [\"a\", \"bb\"], \"picture\": \"p0.png\"}\n"
    "{\"question\": \"two?\", \"answer\": \"2\", \"label\": 1, \"choices\": [\"c\", \"dd\"], \"picture\": \"p1.png\"}\n"
    "{\"question\": \"three?\", \"answer\": \"3\", \"label\": 0, \"choices\": [\"e\", \"ff\"], \"picture\": "
    "\"p2.png\"}\n"
    "{\"question\": \"four?\", \"answer\": \"4\", \"label\": 1, \"choices\": [\"g\", \"hh\"], \"picture\": null}\n";

inline const std::string kData =
    "dataset_path: json\n"
    "dataset_kwargs: {data_files: {test: docs.jsonl, train: docs.jsonl}}\n"
    "test_split: test\n";

inline const std::string kText = "doc_to_text: \"Q: {{question}}\"\ndoc_to_target: answer\n";

/// Writes the YAML and its docs, and gives the file's path.
inline std::filesystem::path write_task(const TempDir& folder, const std::string& yaml, const std::string& name = "t") {
  folder.write("docs.jsonl", kDocs);
  return folder.write(name + ".yaml", "task: " + name + "\n" + yaml);
}

inline std::unique_ptr<ConfigurableTask> make_task(const TempDir& folder, const std::string& yaml,
                                                   const TaskOverrides& overrides = {}) {
  return std::make_unique<ConfigurableTask>("t", TaskConfig(YamlFile::load(write_task(folder, yaml))), overrides);
}

/// The parts of a request as one text: [role] text <medium>.
inline std::string shown(const Request& request) {
  std::string text;
  for (const auto& message : request.messages) {
    text += message.role == Role::system ? "[system]" : message.role == Role::user ? "[user]" : "[assistant]";
    for (const auto& part : message.parts)
      text += part.media ? "<" + std::filesystem::path(part.media->name()).filename().string() + ">" : part.text;
  }
  return text;
}

}  // namespace lmms_eval::testing
