#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/task_config.h"
#include "template/template.h"

namespace lmms_eval {

/// Reads questions, answers, choices and pictures out of a doc as the doc_to_* fields say: a column name, a Jinja
/// template, a list, a number. Templates are compiled once. Thread-safe.
class DocReader {
 public:
  /// `columns` of the data set: a text that equals one of them names it. Throws Error{config} with file:line.
  /// Paths in plain columns that doc_to_visual names are relative to `folder`.
  DocReader(const TaskConfig& config, const std::vector<std::string>& columns, std::filesystem::path folder = {});

  /// A number when doc_to_text is an index into the choices.
  nlohmann::ordered_json text(const Doc& doc) const;
  /// A text, a number (index of a choice) or a list of texts.
  nlohmann::ordered_json target(const Doc& doc) const;
  std::vector<std::string> choices(const Doc& doc) const;
  /// The media of a media column, or the files (or data: URLs) that a plain column names.
  std::vector<MediaRef> visuals(const Doc& doc) const;
  std::string description(const Doc& doc) const;
  std::string gen_prefix(const Doc& doc) const;
  bool has_choices() const { return choice_.kind != Kind::unset; }

 private:
  enum class Kind { unset, column, template_text, literal };
  struct Source {
    Kind kind = Kind::unset;
    std::string column;
    std::optional<tmpl::Template> text;
    nlohmann::ordered_json literal;
    std::string field;
  };

  Source source(const TaskConfig& config, const std::string& field, const std::vector<std::string>& columns) const;
  nlohmann::ordered_json value(const Source& source, const Doc& doc) const;
  std::string rendered(const Source& source, const Doc& doc) const;
  MediaRef visual_in_text(const Doc& doc, const nlohmann::ordered_json& value) const;

  std::filesystem::path folder_;
  std::vector<std::string> columns_;
  Source text_, target_, choice_, visual_, description_, gen_prefix_;
};

}  // namespace lmms_eval
