#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lmms_eval/export.h"

namespace lmms_eval {

struct PythonJsonOptions {
  int indent = -1;  ///< -1: one line with ", " and ": " as json.dumps does
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool compact = false;  ///< separators "," and ":"
};

/// The text that Python's json.dumps writes: floats by repr (1.0, 1e-05), NaN and Infinity as such, non-ASCII kept or
/// escaped. Stray bytes that are no UTF-8 become U+FFFD.
LMMS_EVAL_API std::string python_dumps(const nlohmann::ordered_json& value, const PythonJsonOptions& options = {});

/// Python's repr of a float: shortest digits that read back, "1.0", "1e-05", "inf", "nan".
LMMS_EVAL_API std::string python_float_repr(double value);

/// JSON text whose escapes of lone surrogates (`\ud83d` without its other half), which Python reads and writes, stand
/// for U+FFFD.
LMMS_EVAL_API std::string without_lone_surrogates(std::string_view json);

}  // namespace lmms_eval
