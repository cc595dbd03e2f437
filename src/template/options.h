#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lmms_eval/export.h"

namespace lmms_eval::tmpl {

/// What |tojson writes.
enum class JsonStyle {
  jinja_html_safe,  ///< Jinja's own: ASCII, sorted keys, < > & ' as \u00XX, marked as safe
  plain,            ///< transformers': json.dumps(x, ensure_ascii=False), with its keyword arguments
};

/// How a template is read and run. The defaults are those of task templates (jinja2.Environment with StrictUndefined).
struct LMMS_EVAL_API TemplateOptions {
  bool trim_blocks = false;            ///< the first newline after a block tag is dropped
  bool lstrip_blocks = false;          ///< white space before a block tag is dropped if it starts the line
  bool keep_trailing_newline = false;  ///< else one newline at the end of the template is dropped
  bool strict_undefined = true;        ///< undefined values may only be tested, not printed or compared
  bool loop_controls = true;           ///< {% break %} and {% continue %}
  bool immutable = false;              ///< lists and dicts cannot be changed, range() is short: jinja2's sandbox
  bool chat = false;                   ///< raise_exception, strftime_now, {% generation %}
  JsonStyle tojson = JsonStyle::jinja_html_safe;
  /// Shown in errors, e.g. "tasks/mme/mme.yaml:12 doc_to_text".
  std::string name = "<template>";
  /// The time of strftime_now, shown in local time; null for now.
  std::function<std::chrono::system_clock::time_point()> clock;

  /// What transformers' apply_chat_template sets.
  static TemplateOptions chat_template();
};

}  // namespace lmms_eval::tmpl
