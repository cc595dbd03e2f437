#pragma once

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <string>

#include "lmms_eval/error.h"

namespace lmms_eval::errors {

// One formatter per kind: `throw errors::data("{}: no column '{}'", file, name)`.
#define LMMS_EVAL_ERROR_MAKER(kind_name)                                                  \
  template <typename... Args>                                                             \
  Error kind_name(fmt::format_string<Args...> format, Args&&... args) {                   \
    return Error(ErrorKind::kind_name, fmt::format(format, std::forward<Args>(args)...)); \
  }
LMMS_EVAL_ERROR_MAKER(usage)
LMMS_EVAL_ERROR_MAKER(config)
LMMS_EVAL_ERROR_MAKER(data)
LMMS_EVAL_ERROR_MAKER(model)
LMMS_EVAL_ERROR_MAKER(network)
LMMS_EVAL_ERROR_MAKER(output)
LMMS_EVAL_ERROR_MAKER(internal)
#undef LMMS_EVAL_ERROR_MAKER

/// Runs `body` and adds `where` to any Error that leaves it.
template <typename Body>
decltype(auto) with_context(const std::string& where, Body&& body) {
  try {
    return std::invoke(std::forward<Body>(body));
  } catch (Error& error) {
    error.add_context(where);
    throw;
  }
}

}  // namespace lmms_eval::errors
