#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "lmms_eval/model.h"
#include "models/http/api_run.h"
#include "models/http/openai_options.h"

namespace lmms_eval::http {

/// The chat completions protocol as an ApiProtocol. Tells once of each generation option that it does not send.
class LMMS_EVAL_API OpenAIProtocol final : public ApiProtocol {
 public:
  explicit OpenAIProtocol(OpenAIOptions options);

  void check(const Request& request) const override;
  HttpRequest write(const Request& request) const override;
  ApiReply read(const HttpOutcome& outcome) const override;
  std::string shown_url() const override;
  std::string advice(int status) const override;

  const OpenAIOptions& options() const { return options_; }

 private:
  void tell_unsent(const GenerationOptions& generation) const;

  OpenAIOptions options_;
  Url endpoint_;
  std::shared_ptr<const HttpHeaders> headers_;
  mutable std::mutex mutex_;  // over the two below
  mutable std::optional<GenerationOptions> last_seen_;
  mutable std::set<std::string> told_;
};

/// A model behind any OpenAI-compatible chat server: `async_openai` and `openai`, which differ in one thing: `openai`
/// also sends top_p, seed, presence_penalty and frequency_penalty when a task sets them. Log-likelihoods are not to be
/// had from this protocol.
class LMMS_EVAL_API AsyncOpenAI final : public LM {
 public:
  explicit AsyncOpenAI(OpenAIOptions options) : protocol_(std::move(options)) {}

  ModelInfo info() const override;
  void run(RequestStream& stream) override;
  std::vector<Response> generate_until(std::span<const Request> requests) override;
  std::string prompt_text(const Request& request) const override;
  bool supports(RequestType type) const override { return type == RequestType::generate_until; }

 private:
  OpenAIProtocol protocol_;
  ApiRunMetrics metrics_;
};

}  // namespace lmms_eval::http
