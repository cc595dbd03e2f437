#include "models/http/openai_payload.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/python_json.h"
#include "base/text.h"

namespace lmms_eval::http {
namespace {

using nlohmann::ordered_json;

/// Stray bytes that are no UTF-8 become U+FFFD: JSON cannot carry them.
std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// Base64 needs no escapes, so media are appended as they are: dumping them as JSON strings would look at each byte.
void append_media(std::string& body, const MediaRef& media, const OpenAIOptions& options) {
  switch (media.kind()) {
    case MediaKind::image:
      body.append(R"({"type":"image_url","image_url":{"url":")")
          .append(image_data_url(media, options.image_encoding))
          .append(R"("}})");
      return;
    case MediaKind::audio: {
      const std::string_view bytes = media.bytes();
      const std::string_view format = audio_format(bytes, media.name());
      if (format.empty())
        throw errors::data("{}: not a known audio format (wav, mp3, flac, ogg, m4a)", media.reference());
      body.append(R"({"type":"input_audio","input_audio":{"data":")").append(base64_encode(bytes));
      body.append(R"(","format":")").append(format).append(R"("}})");
      return;
    }
    case MediaKind::video:
      throw errors::internal("a video got past check_sendable");
  }
}

void append_message(std::string& body, const Message& message, const OpenAIOptions& options) {
  body.append(R"({"role":")").append(to_string(message.role)).append(R"(","content":[)");
  bool first = true;
  for (const auto& part : message.parts) {
    if (!std::exchange(first, false)) body += ',';
    if (part.media)
      append_media(body, *part.media, options);
    else
      body.append(R"({"type":"text","text":)").append(dumped(part.text)).append("}");
  }
  body += "]}";
}

ordered_json extra_options(const GenerationOptions& generation) {
  auto extra = ordered_json::parse(generation.extra_json, nullptr, false);
  return extra.is_object() ? extra : ordered_json::object();
}

bool is_number(const ordered_json& value, double number) { return value.is_number() && value.get<double>() == number; }

bool is_penalty(std::string_view name) { return name == "presence_penalty" || name == "frequency_penalty"; }

/// Everything behind the messages.
ordered_json generation_fields(const Request& request, const OpenAIOptions& options) {
  const GenerationOptions& generation = request.options;
  const bool reasoning = options.reasoning_family();
  const ordered_json extra = extra_options(generation);
  ordered_json fields;
  fields["model"] = options.model;
  const int max_tokens = generation.max_new_tokens.value_or(options.default_max_new_tokens);
  if (reasoning) {
    fields["max_completion_tokens"] = max_tokens;
    fields["response_format"] = {{"type", "text"}};
  } else {
    fields["max_tokens"] = max_tokens;
    if (generation.temperature)
      fields["temperature"] = *generation.temperature;
    else
      fields["temperature"] = 0;
  }
  if (options.sends_sampling) {
    if (generation.seed) fields["seed"] = *generation.seed;
    if (generation.top_p && !reasoning) fields["top_p"] = *generation.top_p;
    for (const auto& [name, value] : extra.items())
      if (is_penalty(name) && !value.is_null() && !reasoning) fields[name] = value;
  }
  if (options.send_stop && !generation.until.empty()) fields["stop"] = generation.until;
  if (options.enable_thinking) fields["chat_template_kwargs"] = {{"enable_thinking", *options.enable_thinking}};
  return fields;
}

std::string joined_parts(const ordered_json& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (part.is_string())
      text += part.get<std::string>();
    else if (part.is_object() && part.contains("text") && part["text"].is_string())
      text += part["text"].get<std::string>();
  }
  return text;
}

std::optional<std::int64_t> count(const ordered_json& usage, const char* name) {
  if (!usage.is_object()) return std::nullopt;
  const auto value = usage.find(name);
  if (value == usage.end() || !value->is_number()) return std::nullopt;
  const auto number = value->get<double>();
  constexpr double kMost = 1e12;  // beyond it, or below zero, the server counts wrong
  return number >= 0 && number <= kMost ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

TokenCounts token_counts(const ordered_json& reply) {
  TokenCounts tokens;
  const auto usage = reply.find("usage");
  if (usage == reply.end() || !usage->is_object()) return tokens;
  tokens.input = count(*usage, "prompt_tokens");
  tokens.output = count(*usage, "completion_tokens");
  if (const auto details = usage->find("completion_tokens_details"); details != usage->end())
    tokens.reasoning = count(*details, "reasoning_tokens");
  return tokens;
}

std::string text_field(const ordered_json& object, const char* name) {
  const auto value = object.find(name);
  return value != object.end() && value->is_string() ? value->get<std::string>() : std::string();
}

ApiReply retry(std::string reason) { return {{}, std::move(reason)}; }

Response without_content(const ordered_json& message, const std::string& finish_reason) {
  std::string reason = "the answer has no content";
  if (const auto refusal = text_field(message, "refusal"); !refusal.empty())
    reason += ": refused: " + one_line(redact(refusal));
  else if (finish_reason == "length")
    reason += ": max_new_tokens was spent before it began (reasoning counts too)";
  else if (!finish_reason.empty())
    reason += " (finish_reason " + one_line(finish_reason, 40) + ")";
  return Response::failure(std::move(reason));
}

}  // namespace

std::vector<Message> sent_messages(const Request& request, const OpenAIOptions& options) {
  std::vector<Message> messages = request.messages;
  if (!options.system_prompt) return messages;
  Message system{Role::system, {Part::of_text(*options.system_prompt)}};
  const auto old = std::find_if(messages.begin(), messages.end(),
                                [](const Message& message) { return message.role == Role::system; });
  if (old != messages.end())
    *old = std::move(system);
  else
    messages.insert(messages.begin(), std::move(system));
  return messages;
}

void check_sendable(const Request& request, const OpenAIOptions& options) {
  for (const auto& message : request.messages)
    for (const auto& part : message.parts)
      if (part.media && part.media->kind() == MediaKind::video)
        throw errors::usage(
            "task {} has video, which --model {} does not send in this version; choose a task with images, audio or "
            "text",
            request.task, options.registered_name);
  const ordered_json extra = extra_options(request.options);
  if (const auto n = extra.find("n"); n != extra.end() && !n->is_null() && !is_number(*n, 1))
    throw errors::usage("generation option n={}: --model {} takes one answer per request; use --repeats for more",
                        dumped(*n), options.registered_name);
}

std::string chat_body(const Request& request, const OpenAIOptions& options) {
  check_sendable(request, options);
  std::string body = R"({"messages":[)";
  bool first = true;
  for (const auto& message : sent_messages(request, options)) {
    if (!std::exchange(first, false)) body += ',';
    append_message(body, message, options);
  }
  body += "],";
  return body += dumped(generation_fields(request, options)).substr(1);
}

std::vector<std::string> unsent_options(const GenerationOptions& generation, const OpenAIOptions& options) {
  const bool reasoning = options.reasoning_family();
  const bool sampling_sent = options.sends_sampling && !reasoning;
  const double temperature = generation.temperature.value_or(0.0);
  std::vector<std::string> unsent;
  const auto add = [&](bool differs, std::string_view name, const auto& value) {
    if (differs) unsent.push_back(fmt::format("{}={}", name, value));
  };
  add(reasoning && temperature != 0.0, "temperature", temperature);
  add(generation.do_sample.value_or(false) && temperature == 0.0, "do_sample", "true (temperature decides)");
  add(generation.top_p && *generation.top_p != 1.0 && !sampling_sent, "top_p", generation.top_p.value_or(1.0));
  add(generation.top_k && *generation.top_k > 0, "top_k", generation.top_k.value_or(0));
  add(generation.num_beams && *generation.num_beams != 1, "num_beams", generation.num_beams.value_or(1));
  add(generation.repetition_penalty && *generation.repetition_penalty != 1.0, "repetition_penalty",
      generation.repetition_penalty.value_or(1.0));
  add(generation.seed && !options.sends_sampling, "seed", generation.seed.value_or(0));
  const ordered_json extra = extra_options(generation);
  for (const auto& [name, value] : extra.items()) {
    const bool sent = name == "n" || (is_penalty(name) && (sampling_sent || is_number(value, 0)));
    add(!sent && !value.is_null(), name, dumped(value));
  }
  return unsent;
}

ApiReply read_chat_completion(const HttpOutcome& outcome) {
  auto reply = ordered_json::parse(outcome.body, nullptr, false);
  if (reply.is_discarded()) reply = ordered_json::parse(without_lone_surrogates(outcome.body), nullptr, false);
  if (!reply.is_object()) {
    if (outcome.content_type.find("html") != std::string::npos)
      return retry("the server sent a web page, not JSON; check base_url");
    return retry(outcome.body.empty() ? "the answer has no body" : "the answer is malformed JSON");
  }
  const auto choices = reply.find("choices");
  if (choices == reply.end() || !choices->is_array() || choices->empty()) {
    if (reply.contains("error")) return retry(describe_failure(outcome));
    return retry("the answer has no choices");
  }
  const ordered_json& choice = choices->front();
  if (!choice.is_object() || !choice.contains("message") || !choice["message"].is_object())
    return retry("the answer has no message");
  const ordered_json& message = choice["message"];
  const std::string finish_reason = text_field(choice, "finish_reason");
  ApiReply result;
  const auto content = message.find("content");
  if (content == message.end() || content->is_null())
    result.response = without_content(message, finish_reason);
  else if (content->is_string())
    result.response = Response::answer(content->get<std::string>(), finish_reason_from(finish_reason));
  else if (content->is_array())
    result.response = Response::answer(joined_parts(*content), finish_reason_from(finish_reason));
  else
    return retry("the content of the answer is neither text nor a list of parts");
  result.response.tokens = token_counts(reply);
  return result;
}

std::string shown_prompt(const std::vector<Message>& messages) {
  const bool single = messages.size() == 1 && messages.front().role == Role::user;
  std::string text;
  for (const auto& message : messages) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    if (!single) text.append(to_string(message.role)).append(": ");
    for (const auto& part : message.parts) {
      if (part.media)
        text += fmt::format("<{} {}>\n", to_string(part.media->kind()), part.media->reference());
      else
        text += part.text;
    }
  }
  return text;
}

}  // namespace lmms_eval::http
