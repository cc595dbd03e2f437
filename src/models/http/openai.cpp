#include "models/http/openai.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text.h"
#include "models/http/openai_payload.h"

namespace lmms_eval::http {
namespace {

/// Hands out the requests of a span, and keeps the responses in their order: `generate_until` over the streaming run.
class SpanStream final : public RequestStream {
 public:
  explicit SpanStream(std::span<const Request> requests) : requests_(requests), responses_(requests.size()) {}

  std::optional<StreamedRequest> next() override {
    if (exhausted()) return std::nullopt;
    const std::size_t index = next_++;
    return StreamedRequest{index, requests_[index]};
  }
  bool exhausted() const override { return next_ == requests_.size(); }
  std::vector<StreamedRequest> next_batch(std::size_t count) override {
    std::vector<StreamedRequest> batch;
    while (batch.size() < count && !exhausted()) batch.push_back(*next());
    return batch;
  }
  void complete(std::uint64_t ticket, Response response) override { responses_[ticket] = std::move(response); }
  bool stopping() const override { return false; }

  std::vector<Response> take_responses() { return std::move(responses_); }

 private:
  std::span<const Request> requests_;
  std::vector<Response> responses_;
  std::size_t next_ = 0;
};

std::vector<std::string> header_lines(const OpenAIOptions& options) {
  std::vector<std::string> lines = {"Content-Type: application/json", "Accept: application/json"};
  if (!options.api_key.empty()) lines.push_back("Authorization: Bearer " + options.api_key);
  return lines;
}

std::unique_ptr<LM> create(const std::string& name, const ModelOptions& options) {
  return std::make_unique<AsyncOpenAI>(OpenAIOptions::parse(name, options));
}

const bool kRegistered = [] {
  register_model({"async_openai",
                  {"async_openai_compatible", "async_openai_compatible_chat"},
                  "chat",
                  "any OpenAI-compatible chat completions server, many requests at once",
                  create,
                  "at the server"});
  register_model({"openai",
                  {"openai_compatible", "openai_compatible_chat"},
                  "chat",
                  "as async_openai; also sends top_p, seed and penalties when a task sets them",
                  create,
                  "at the server"});
  return true;
}();

}  // namespace

OpenAIProtocol::OpenAIProtocol(OpenAIOptions options)
    : options_(std::move(options)),
      endpoint_(options_.base_url.with_suffix("/chat/completions")),
      headers_(std::make_shared<const HttpHeaders>(header_lines(options_))) {}

void OpenAIProtocol::check(const Request& request) const { check_sendable(request, options_); }

HttpRequest OpenAIProtocol::write(const Request& request) const {
  tell_unsent(request.options);
  HttpRequest http;
  http.url = endpoint_.text();
  http.headers = headers_;
  http.body = chat_body(request, options_);
  // No time at all would mean no limit.
  http.timeout =
      std::chrono::milliseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(options_.timeout_s * 1000)));
  return http;
}

ApiReply OpenAIProtocol::read(const HttpOutcome& outcome) const { return read_chat_completion(outcome); }

std::string OpenAIProtocol::shown_url() const { return endpoint_.shown(); }

std::string OpenAIProtocol::advice(int status) const {
  if (status == 404)
    return fmt::format("check base_url (most servers want it to end in /v1) and the model's name, '{}'",
                       options_.model);
  if (options_.api_key.empty()) return "no key was sent: set OPENAI_API_KEY or --model_args api_key=...";
  return status == 401 ? "check the key (api_key in --model_args, else OPENAI_API_KEY)"
                       : fmt::format("check that the key may use the model '{}'", options_.model);
}

void OpenAIProtocol::tell_unsent(const GenerationOptions& generation) const {
  std::lock_guard lock(mutex_);
  if (last_seen_ == generation) return;
  last_seen_ = generation;
  for (const auto& option : unsent_options(generation, options_)) {
    if (told_.insert(option).second)
      spdlog::warn("--model {} does not send the generation option {}", options_.registered_name, option);
  }
  if (!generation.until.empty() && !options_.send_stop && told_.insert("until").second)
    spdlog::info("--model {} does not send stop strings (until), as lmms-eval; --model_args send_stop=True sends them",
                 options_.registered_name);
}

ModelInfo AsyncOpenAI::info() const {
  const OpenAIOptions& options = protocol_.options();
  ModelInfo info;
  info.name = options.registered_name;
  info.device = "api";
  info.batch_size = "1";
  info.preferred_in_flight = options.run.num_concurrent + look_ahead(options.run.num_concurrent);
  info.identity = {{"api", options.registered_name},
                   {"base_url", options.base_url.shown()},
                   {"image_encoding", options.image_encoding.describe()},
                   {"max_new_tokens", std::to_string(options.default_max_new_tokens)},
                   {"model", options.model},
                   {"send_stop", options.send_stop ? "true" : "false"}};
  if (options.system_prompt) info.identity["system_prompt"] = *options.system_prompt;
  if (options.enable_thinking) info.identity["enable_thinking"] = *options.enable_thinking ? "true" : "false";
  if (metrics_.requests > 0) {
    info.metrics["total_requests"] = static_cast<double>(metrics_.requests);
    info.metrics["total_attempts"] = static_cast<double>(metrics_.attempts);
    info.metrics["total_gen_tokens"] = static_cast<double>(metrics_.output_tokens);
    info.metrics["total_elapsed_time"] = metrics_.latency_s;
    info.metrics["avg_latency"] =
        metrics_.answered > 0 ? metrics_.latency_s / static_cast<double>(metrics_.answered) : 0.0;
    info.metrics["avg_speed"] =
        metrics_.latency_s > 0 ? static_cast<double>(metrics_.output_tokens) / metrics_.latency_s : 0.0;
  }
  return info;
}

void AsyncOpenAI::run(RequestStream& stream) { run_api(stream, protocol_, protocol_.options().run, metrics_); }

std::vector<Response> AsyncOpenAI::generate_until(std::span<const Request> requests) {
  SpanStream stream(requests);
  run(stream);
  return stream.take_responses();
}

std::string AsyncOpenAI::prompt_text(const Request& request) const {
  return shown_prompt(sent_messages(request, protocol_.options()));
}

}  // namespace lmms_eval::http
