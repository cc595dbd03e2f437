#pragma once

#include <string>
#include <vector>

#include "cli/run_options.h"

namespace lmms_eval::cli {

/// Reads the flags of one evaluation (without the program's name). Long flags may be cut short to a unique beginning,
/// as argparse allows. Throws Error{usage} with the nearest flag for an unknown one. Nothing is checked against other
/// flags yet.
RunOptions parse_flags(const std::vector<std::string>& arguments);

/// The text of --help: flags in groups with defaults, then examples.
std::string help_text();

/// All long flags without their dashes, as the keys of a --config file.
std::vector<std::string> flag_names();

/// What a flag takes, for files that hold values in a form of their own.
enum class FlagKind { text, list, key_values, json, on_off, on_off_or_text };
FlagKind flag_kind(const std::string& name);

}  // namespace lmms_eval::cli
