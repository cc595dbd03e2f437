#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/model.h"
#include "models/http/api_run.h"
#include "models/http/media_part.h"
#include "models/http/url.h"

namespace lmms_eval::http {

/// What --model_args, the environment and a .env file say about an OpenAI-compatible server.
struct LMMS_EVAL_API OpenAIOptions {
  std::string registered_name;  ///< "openai" or "async_openai"
  bool sends_sampling = false;  ///< openai: top_p, seed and penalties are sent when set
  std::string model = "grok-2-latest";
  Url base_url;
  std::string api_key;  ///< empty: no Authorization header
  double timeout_s = 600.0;
  ApiRunOptions run;
  std::optional<std::string> system_prompt;
  bool send_stop = false;
  int default_max_new_tokens = 1024;    ///< when the task says nothing
  std::optional<bool> enable_thinking;  ///< body chat_template_kwargs.enable_thinking
  ImageEncoding image_encoding;

  /// Reads `.env` of the working directory first (what is set already wins). Every key is used, accepted with one line
  /// that says that it has no effect here, or refused by name; unknown ones get one warning with the nearest known
  /// names. Throws Error{usage}.
  static OpenAIOptions parse(const std::string& registered_name, const ModelOptions& options);

  /// A model of OpenAI's reasoning families (o1, o3, o4, gpt-5 at the start of the last part of the name's path): takes
  /// max_completion_tokens in place of max_tokens, and no temperature.
  bool reasoning_family() const;
};

/// Sets the variables of a .env text (KEY=VALUE lines, `export `, quotes, # comments) that are not set yet.
LMMS_EVAL_API void load_dotenv(std::string_view text);

}  // namespace lmms_eval::http
