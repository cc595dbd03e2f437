#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"
#include "template/options.h"
#include "template/value.h"

namespace lmms_eval::tmpl {

struct Program;

/// A Jinja2 template: parsed once, rendered as often as wanted. Task templates and chat templates alike; the options
/// say which dialect. What Python's jinja2 renders, this renders byte for byte; docs/differences.md lists where not.
///
/// Copies share the parsed form. Thread-safe: renders keep nothing between them. Lists and dicts of a Value context may
/// be changed by the template unless the options are `immutable`, so threads must not share such a context.
/// All functions throw Error{config} with a message "NAME:line:column: what"; a template's own raise_exception("text")
/// throws Error{config} with that text.
class LMMS_EVAL_API Template {
 public:
  static Template parse(std::string_view source, TemplateOptions options = {});

  /// `context` is an object whose members are the template's variables. Only those that the template uses are read.
  std::string render(const nlohmann::ordered_json& context) const;
  /// The same, telling of context variables that are null and printed as they are, which gives "None".
  using OnNull = std::function<void(const std::string& name, int line, int column)>;
  std::string render(const nlohmann::ordered_json& context, const OnNull& on_null) const;
  /// The same with a dict.
  std::string render(const Value& context) const;

  /// The variables that a render looks up in the context, in order of first use. Functions of Jinja such as `range` are
  /// not among them.
  std::vector<std::string> undeclared_variables() const;

 private:
  Template(std::shared_ptr<const Program> program, std::shared_ptr<const TemplateOptions> options)
      : program_(std::move(program)), options_(std::move(options)) {}
  std::shared_ptr<const Program> program_;
  std::shared_ptr<const TemplateOptions> options_;
};

/// A lone expression, `doc.answer|upper` without the braces. As Template in all else.
class LMMS_EVAL_API Expression {
 public:
  static Expression parse(std::string_view source, TemplateOptions options = {});

  /// The value: plain data only, generators and ranges become lists. An undefined value is returned as such if the
  /// options allow undefined values, else it is an error.
  Value evaluate(const nlohmann::ordered_json& context) const;
  Value evaluate(const Value& context) const;

 private:
  Expression(std::shared_ptr<const Program> program, std::shared_ptr<const TemplateOptions> options)
      : program_(std::move(program)), options_(std::move(options)) {}
  std::shared_ptr<const Program> program_;
  std::shared_ptr<const TemplateOptions> options_;
};

}  // namespace lmms_eval::tmpl
