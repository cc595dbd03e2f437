#pragma once

#include <string>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// "0.1.0".
LMMS_EVAL_API std::string version();
/// Commit and branch of the source tree at configure time; the environment's (LMMS_EVAL_GIT_COMMIT, GIT_COMMIT,
/// GITHUB_SHA; LMMS_EVAL_GIT_BRANCH, GIT_BRANCH, BRANCH_NAME, GITHUB_REF_NAME) where that is not known; else empty.
LMMS_EVAL_API std::string git_hash();
LMMS_EVAL_API std::string git_branch();

}  // namespace lmms_eval
