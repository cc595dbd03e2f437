#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "template/template.h"

namespace lmms_eval::functions {

/// A Jinja template over a doc's columns and over variables of the task (lmms_eval_specific_kwargs). Compiled once.
/// Thread-safe.
class FieldTemplate {
 public:
  /// `variables`: an object. Throws Error{config} with the place in `options.name`.
  FieldTemplate(const std::string& source, tmpl::TemplateOptions options, const nlohmann::ordered_json& variables);

  /// `more`: null, or an object whose members hide columns of the same name. `on_null`: as Template::render. Throws
  /// Error{data}.
  std::string render(const Doc& doc, const nlohmann::ordered_json& more = nullptr,
                     const tmpl::Template::OnNull& on_null = {}) const;

 private:
  tmpl::Template template_;
  std::vector<std::string> names_;    // what it looks up
  nlohmann::ordered_json variables_;  // those that it uses
};

/// The message of an error met while rendering; where a name is undefined, with the columns that there are.
std::string with_columns(const std::string& message, const std::vector<std::string>& columns);

/// A value of a doc as a parameter of a function names it: a text without {{ and {% is a column, any other a template.
/// Thread-safe.
class DocText {
 public:
  DocText(const std::string& source, const std::string& place, const nlohmann::ordered_json& variables);

  /// A column's value as it is, or the rendered text. Throws Error{data} for a column that the doc lacks.
  nlohmann::ordered_json value(const Doc& doc, const nlohmann::ordered_json& more = nullptr) const;
  /// What Python prints for the value. Throws Error{data} for null.
  std::string text(const Doc& doc, const nlohmann::ordered_json& more = nullptr) const;

 private:
  std::string column_;
  std::vector<FieldTemplate> template_;  // one, or none
};

}  // namespace lmms_eval::functions
