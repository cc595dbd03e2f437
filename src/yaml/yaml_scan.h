#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval {

/// A top-level value as far as the index of tasks is interested in it.
struct ScannedValue {
  enum class Kind { absent, text, list, other };
  Kind kind = Kind::absent;
  std::vector<std::string> texts;  ///< of a text or a list: its texts; other items of a list are left out

  /// The text of a text; empty otherwise.
  std::string text() const { return kind == Kind::text ? texts.front() : std::string(); }
};

/// The keys of a task YAML that say what it is.
struct ScannedKeys {
  ScannedValue task, group, tag, include, output_type;
};

/// Reads these keys without parsing the YAML, so that thousands of files can be indexed in the time that few can be
/// parsed.
///
/// Knows only files whose top level is plain: `key: value` at the start of a line, everything else indented or a list
/// item. For any other file it says nothing, and the file has to be parsed; it never says anything wrong. Errors deeper
/// inside go unseen.
std::optional<ScannedKeys> scan_keys(std::string_view yaml);

}  // namespace lmms_eval
