#include "lmms_eval/request.h"

#include <nlohmann/json.hpp>

#include "base/python_json.h"

namespace lmms_eval {

Part Part::of_text(std::string text) { return Part{std::move(text), std::nullopt}; }

Part Part::of_media(MediaRef media) { return Part{{}, std::move(media)}; }

std::string_view to_string(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
  }
  return "user";
}

std::string_view to_string(RequestType type) {
  switch (type) {
    case RequestType::generate_until:
      return "generate_until";
    case RequestType::loglikelihood:
      return "loglikelihood";
    case RequestType::loglikelihood_rolling:
      return "loglikelihood_rolling";
  }
  return "generate_until";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::answered:
      return "answered";
    case Status::failed:
      return "failed";
    case Status::unscorable:
      return "unscorable";
  }
  return "failed";
}

std::string_view to_string(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::other:
      return "other";
  }
  return "other";
}

FinishReason finish_reason_from(std::string_view text) {
  if (text == "stop") return FinishReason::stop;
  if (text == "length") return FinishReason::length;
  return FinishReason::other;
}

bool GenerationOptions::deterministic() const {
  // The temperature decides, as in lmms-eval: an absent one counts as 0 there, do_sample must not be set either.
  return !(temperature.value_or(0.0) > 0.0) && !do_sample.value_or(false);
}

std::string GenerationOptions::to_json() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(extra_json);
  if (max_new_tokens) json["max_new_tokens"] = *max_new_tokens;
  if (do_sample) json["do_sample"] = *do_sample;
  if (temperature) json["temperature"] = *temperature;
  if (top_p) json["top_p"] = *top_p;
  if (top_k) json["top_k"] = *top_k;
  if (num_beams) json["num_beams"] = *num_beams;
  if (repetition_penalty) json["repetition_penalty"] = *repetition_penalty;
  if (seed) json["seed"] = *seed;
  if (!until.empty()) json["until"] = until;
  return python_dumps(json, {.sort_keys = true});
}

Response Response::answer(std::string text, FinishReason reason) {
  Response response;
  response.text = std::move(text);
  response.finish_reason = reason;
  return response;
}

Response Response::likelihood(double logprob, bool is_greedy) {
  Response response;
  response.logprob = logprob;
  response.is_greedy = is_greedy;
  return response;
}

Response Response::failure(std::string error) {
  Response response;
  response.status = Status::failed;
  response.error = std::move(error);
  return response;
}

Response Response::unscorable(std::string error) {
  Response response;
  response.status = Status::unscorable;
  response.error = std::move(error);
  return response;
}

}  // namespace lmms_eval
