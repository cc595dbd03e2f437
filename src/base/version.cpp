#include "lmms_eval/version.h"

#include <cstdlib>
#include <initializer_list>

namespace lmms_eval {
namespace {

std::string first_of(const char* built_in, std::initializer_list<const char*> variables) {
  if (*built_in) return built_in;
  for (const char* name : variables)
    if (const char* value = std::getenv(name); value && *value) return value;
  return {};
}

}  // namespace

std::string version() { return LMMS_EVAL_VERSION; }

std::string git_hash() { return first_of(LMMS_EVAL_GIT_HASH, {"LMMS_EVAL_GIT_COMMIT", "GIT_COMMIT", "GITHUB_SHA"}); }

std::string git_branch() {
  return first_of(LMMS_EVAL_GIT_BRANCH, {"LMMS_EVAL_GIT_BRANCH", "GIT_BRANCH", "BRANCH_NAME", "GITHUB_REF_NAME"});
}

}  // namespace lmms_eval
