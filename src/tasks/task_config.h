#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/export.h"
#include "yaml/yaml_file.h"

namespace lmms_eval {

/// Fields that a group pushes down to its tasks, with the place where each is written.
struct FieldOverrides {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  std::map<std::string, std::string> places;  ///< field -> "file:line"

  void set(const std::string& field, nlohmann::ordered_json value, std::string place) {
    values[field] = std::move(value);
    places[field] = std::move(place);
  }
};

/// Whose rules hold where lm-eval and lmms-eval disagree about one YAML. Tasks that show media follow lmms-eval 0.7,
/// where their numbers come from; tasks of text alone follow lm-eval 0.4.13, from which lmms-eval copied them.
enum class Rules { lmms_eval, lm_eval };

/// The fields of a task: known names, types and defaults checked, values as the YAML has them.
class TaskConfig {
 public:
  /// `overrides` (of a group or a mapping in its task list) win over the file. Unknown fields warn with file:line and
  /// the nearest name; a wrong type throws Error{config} with file:line.
  explicit TaskConfig(YamlFile file, const FieldOverrides& overrides = {});

  const nlohmann::ordered_json& operator[](const std::string& field) const;  ///< null when unset
  bool has(const std::string& field) const { return !(*this)[field].is_null(); }
  std::string text(const std::string& field) const;  ///< "" when unset
  void set(const std::string& field, nlohmann::ordered_json value) { values_[field] = std::move(value); }

  Rules rules() const { return always_lmms_eval_ || shows_media() ? Rules::lmms_eval : Rules::lm_eval; }
  bool shows_media() const { return has("doc_to_visual") || has("doc_to_messages"); }
  /// Also where it is a task of text alone.
  void follow_lmms_eval() { always_lmms_eval_ = true; }

  /// "file:line" of a field, or of something inside it ("metric_list/0/metric").
  std::string place(const std::string& pointer) const { return file_.place("/" + pointer); }
  std::filesystem::path folder_of(const std::string& field) const { return file_.folder_of(field); }

  /// All non-null fields in declaration order; functions by name.
  nlohmann::ordered_json dump() const;

  static std::vector<std::string> field_names();

 private:
  void take_fields();

  bool always_lmms_eval_ = false;

  YamlFile file_;
  nlohmann::ordered_json values_ = nlohmann::ordered_json::object();
};

/// A dumped configuration without the fields that have their default.
LMMS_EVAL_API nlohmann::ordered_json without_defaults(const nlohmann::ordered_json& dumped);

}  // namespace lmms_eval
