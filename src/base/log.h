#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Sends spdlog's default logger to stderr, one line per message, at the level of --verbosity (DEBUG, INFO, WARNING,
/// ERROR, CRITICAL, in any case). Every line passes through `redact`. Throws Error{usage} for an unknown level.
LMMS_EVAL_API void set_up_logging(std::string_view verbosity);
LMMS_EVAL_API void check_verbosity(std::string_view verbosity);

/// Remembers a value that must never be shown (an API key, HF_TOKEN). Texts shorter than 6 characters are not
/// remembered.
LMMS_EVAL_API void register_secret(std::string_view value);

/// The text with remembered secrets, `...key=value`-like pairs and hf_ tokens replaced by [REDACTED].
LMMS_EVAL_API std::string redact(std::string_view text);

/// True for names whose values are secrets: api_key, token, password, anything ending in _token, _secret, api_key,
/// password.
LMMS_EVAL_API bool is_secret_name(std::string_view name);

}  // namespace lmms_eval
