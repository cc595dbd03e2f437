#pragma once

#include <string>

#include "template/value.h"

namespace lmms_eval::tmpl {

/// The options of Python's json.dumps.
struct JsonFormat {
  bool ensure_ascii = true;
  bool sort_keys = false;
  /// What a level is indented by; lines are broken only if `indented`.
  bool indented = false;
  std::string indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

/// json.dumps(value). Throws Failure for what JSON has no form for.
std::string dump_json(const Value& value, const JsonFormat& format);

}  // namespace lmms_eval::tmpl
