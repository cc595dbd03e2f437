#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "tasks/functions/function.h"
#include "tasks/task_config.h"

namespace lmms_eval {

/// Reads questions, answers, choices and pictures out of a doc as the doc_to_* fields say: a column name, a Jinja
/// template, a list, a number, a native function. Templates are compiled once. Thread-safe.
class DocReader {
 public:
  /// `columns` of the data set: a text that equals one of them names it. Throws Error{config} with file:line.
  /// Paths in plain columns that doc_to_visual names are relative to `folder`. `model`: whose specific kwargs hold.
  DocReader(const TaskConfig& config, const std::vector<std::string>& columns, std::filesystem::path folder = {},
            const std::string& model = {});

  /// Throws Error{config} with file:line for a doc_to_* field whose native function is unknown or wrongly called: what
  /// can be said before the data set is opened.
  static void check_functions(const functions::Context& context);

  /// A number when doc_to_text is an index into the choices.
  nlohmann::ordered_json text(const Doc& doc) const;
  /// A text, a number (index of a choice) or a list of texts.
  nlohmann::ordered_json target(const Doc& doc) const;
  std::vector<std::string> choices(const Doc& doc) const;
  /// The media of a media column, or the files (or data: URLs) that a plain column names.
  std::vector<MediaRef> visuals(const Doc& doc) const;
  /// How text and media of the doc's user turn stand together, as doc_to_messages says; nothing without it.
  std::vector<Part> parts(const std::string& text, const std::vector<MediaRef>& visuals) const;
  std::string description(const Doc& doc) const;
  std::string gen_prefix(const Doc& doc) const;
  bool has_choices() const { return choice_.kind != Kind::unset; }

 private:
  enum class Kind { unset, column, template_text, literal, function };
  struct Source {
    Kind kind = Kind::unset;
    std::string column;
    std::optional<functions::FieldTemplate> text;
    std::string where;  ///< "file:line field" of the template
    functions::ValueFunction function;
    nlohmann::ordered_json literal;
    std::string field;
  };

  Source source(const functions::Context& context, const std::string& field,
                const std::vector<std::string>& columns) const;
  nlohmann::ordered_json value(const Source& source, const Doc& doc) const;
  std::string rendered(const Source& source, const Doc& doc) const;
  void warn_of_null(const Source& source, const Doc& doc, const std::string& column, int line, int at) const;

  struct Told;  // what has been warned of

  std::string task_;
  std::shared_ptr<Told> told_;
  functions::DataPlace data_;
  functions::VisualFunction visual_function_;
  functions::PartsFunction parts_function_;
  Source text_, target_, choice_, visual_, description_, gen_prefix_;
};

}  // namespace lmms_eval
