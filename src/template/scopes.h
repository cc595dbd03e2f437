#pragma once

#include "template/ast.h"

namespace lmms_eval::tmpl {

/// Gives every variable of the program its slot, as Jinja's own scope analysis does: loops, macros, with, filter, set
/// and call blocks open a scope; if does not; what a scope assigns hides the outer variable, whose value it starts
/// with. Names that no scope knows become externals, looked up in the context. Unknown filters and tests are refused
/// here, unless an `if` may keep them from being reached. Throws SyntaxFailure.
void resolve_scopes(Program& program);

}  // namespace lmms_eval::tmpl
