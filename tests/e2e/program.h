#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/run_program.h"

namespace lmms_eval::testing {

/// The executable as a user runs it.
inline ProgramResult lmms_eval(std::vector<std::string> arguments, const ProgramOptions& options = {}) {
  arguments.insert(arguments.begin(), LMMS_EVAL_BIN);
  return run_program(arguments, options);
}

inline std::string bundled_model() { return LMMS_EVAL_SOURCE_DIR "/tests/models/tiny-llava-onevision"; }

/// The files of a folder (searched in its sub-folders) whose names end so.
std::vector<std::filesystem::path> files_ending(const std::filesystem::path& folder, const std::string& end);
nlohmann::json read_json(const std::filesystem::path& file);
std::vector<nlohmann::json> read_jsonl(const std::filesystem::path& file);

/// One line, so that a user is not left to search a stack of text.
inline bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace lmms_eval::testing
