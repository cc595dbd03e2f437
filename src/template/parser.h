#pragma once

#include <string_view>

#include "template/ast.h"

namespace lmms_eval::tmpl {

/// Reads a template into a program whose variables are resolved to slots. Throws SyntaxFailure.
Program parse_template(std::string_view source, const TemplateOptions& options);

/// The same for an expression alone; it is the value of the program's only statement.
Program parse_lone_expression(std::string_view source);

}  // namespace lmms_eval::tmpl
