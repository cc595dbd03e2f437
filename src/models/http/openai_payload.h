#pragma once

#include <string>
#include <vector>

#include "lmms_eval/request.h"
#include "models/http/api_run.h"
#include "models/http/openai_options.h"

namespace lmms_eval::http {

/// The messages as they are sent: with --model_args system_prompt in place of the first system message, or before all
/// others.
LMMS_EVAL_API std::vector<Message> sent_messages(const Request& request, const OpenAIOptions& options);

/// Throws Error{usage} for what the protocol cannot carry: video, n > 1.
LMMS_EVAL_API void check_sendable(const Request& request, const OpenAIOptions& options);

/// The JSON body of POST …/chat/completions. Content is always a list of parts, media stand where the task put them.
/// Throws Error{data} for media that cannot be decoded, and what check_sendable throws.
LMMS_EVAL_API std::string chat_body(const Request& request, const OpenAIOptions& options);

/// Generation options that would change the answer and are not sent, as "name=value". Stop strings are not among them.
LMMS_EVAL_API std::vector<std::string> unsent_options(const GenerationOptions& generation,
                                                      const OpenAIOptions& options);

/// Reads a chat completion. Null content is a failure, an empty text an answer; what is no chat completion asks for
/// another attempt.
LMMS_EVAL_API ApiReply read_chat_completion(const HttpOutcome& outcome);

/// The text of the messages with media as `<image NAME>` lines: one user message as it is, several as "role: text"
/// blocks.
LMMS_EVAL_API std::string shown_prompt(const std::vector<Message>& messages);

}  // namespace lmms_eval::http
