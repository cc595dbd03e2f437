#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lmms_eval/error.h"
#include "lmms_eval/export.h"
#include "lmms_eval/request.h"

namespace lmms_eval {

/// A task's generation_kwargs as options: names with a field of their own are typed and checked (`max_gen_toks` is
/// another name of max_new_tokens), the rest is carried in extra_json. `where` ("file:line") is named in errors:
/// an Error of `kind`.
LMMS_EVAL_API GenerationOptions generation_options(const nlohmann::ordered_json& kwargs, const std::string& where,
                                                   ErrorKind kind = ErrorKind::config);

}  // namespace lmms_eval
