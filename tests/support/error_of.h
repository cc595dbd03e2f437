#pragma once

#include <string>

#include "lmms_eval/error.h"

namespace lmms_eval::testing {

/// The message of the error that `body` must throw.
template <typename Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace lmms_eval::testing
