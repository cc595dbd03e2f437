#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lmms_eval::cli {

/// A --config file as argument lists, one per evaluation: a map, or a list of maps, whose keys are flag names. The
/// reserved key `env` sets environment variables ($VAR in values is expanded) before the first run.
///
/// Throws Error{usage} for a missing file or an unknown key (with the valid ones), Error{config} with file:line for
/// broken YAML.
std::vector<std::vector<std::string>> read_config_file(const std::filesystem::path& file);

}  // namespace lmms_eval::cli
