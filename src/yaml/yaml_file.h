#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// A task YAML as data, with the place of each value for messages.
///
/// Scalars are read as PyYAML does (YAML 1.1: yes/no/on/off are booleans, 0o and leading zeros octal). `!function a.b`
/// becomes
/// {"__function__": "a.b"}. `include` is followed: the file itself wins over the first include, that over the second.
struct YamlFile {
  nlohmann::ordered_json value;               ///< a map, except where `read` found another
  std::map<std::string, std::string> places;  ///< JSON pointer ("/metric_list/0/metric") -> "file:line"
  std::filesystem::path path;

  /// Throws Error{config} with file:line for what is no YAML, no map, or a missing or circular include.
  static YamlFile load(const std::filesystem::path& path);
  /// A file that is no task: whatever value stands in it, `include` is a key like others.
  LMMS_EVAL_API static YamlFile read(const std::filesystem::path& path);
  /// What stands between the two lines `---` at the top of a Markdown file; null where there is none.
  LMMS_EVAL_API static YamlFile read_front_matter(const std::filesystem::path& path);

  /// Says that a value, with all inside it, comes from elsewhere.
  void replace_place(const std::string& pointer, const std::string& place);
  /// "file:line" of a value, or of the nearest value around it.
  LMMS_EVAL_API std::string place(const std::string& pointer) const;
  /// A map inside the file as a file of its own, its `include` followed.
  YamlFile inner(const nlohmann::ordered_json& map, const std::string& pointer) const;
  /// The folder of the file that holds a top-level key: what relative paths in it are relative to.
  std::filesystem::path folder_of(const std::string& key) const;
};

/// The key as a part of a JSON pointer.
LMMS_EVAL_API std::string pointer_part(const std::string& key);

/// True for a value that named a Python function; `name` gets it.
LMMS_EVAL_API bool is_function(const nlohmann::ordered_json& value);
LMMS_EVAL_API std::string function_name(const nlohmann::ordered_json& value);
/// True for a map that names a native function: {function: NAME, ...parameters}.
bool is_native_function(const nlohmann::ordered_json& value);

}  // namespace lmms_eval
