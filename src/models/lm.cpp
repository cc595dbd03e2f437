#include "base/errors.h"
#include "lmms_eval/model.h"

namespace lmms_eval {
namespace {

std::vector<Response> call(LM& model, std::span<const Request> requests) {
  auto responses = [&] {
    switch (requests.front().type) {
      case RequestType::generate_until:
        return model.generate_until(requests);
      case RequestType::loglikelihood:
        return model.loglikelihood(requests);
      case RequestType::loglikelihood_rolling:
        return model.loglikelihood_rolling(requests);
    }
    throw errors::internal("unknown request type");
  }();
  if (responses.size() != requests.size()) {
    throw errors::model("model {} returned {} responses to {} requests; it must return one for each, in their order",
                        model.info().name, responses.size(), requests.size());
  }
  return responses;
}

/// One request after another, so that bad data costs only its own request.
std::vector<Response> call_one_by_one(LM& model, std::span<const Request> requests) {
  std::vector<Response> responses;
  for (const auto& request : requests) {
    try {
      responses.push_back(call(model, {&request, 1}).front());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      responses.push_back(Response::unscorable(error.what()));
    }
  }
  return responses;
}

}  // namespace

RequestStream::~RequestStream() = default;
LM::~LM() = default;

void LM::run(RequestStream& stream) {
  while (!stream.stopping()) {
    auto batch = stream.next_batch(batch_size());
    if (batch.empty()) return;  // nothing is in flight here, so an empty batch means the end
    std::vector<Request> requests;
    for (auto& item : batch) requests.push_back(std::move(item.request));
    std::vector<Response> responses;
    try {
      responses = call(*this, requests);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      responses = call_one_by_one(*this, requests);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) stream.complete(batch[i].ticket, std::move(responses[i]));
  }
}

std::vector<Response> LM::generate_until(std::span<const Request>) {
  throw errors::usage("model {} cannot generate text; choose tasks that it supports", info().name);
}

std::vector<Response> LM::loglikelihood(std::span<const Request>) {
  throw errors::usage("model {} gives no log-likelihoods, which multiple_choice and loglikelihood tasks need",
                      info().name);
}

std::vector<Response> LM::loglikelihood_rolling(std::span<const Request>) {
  throw errors::usage("model {} gives no rolling log-likelihoods, which perplexity tasks need", info().name);
}

std::string LM::prompt_text(const Request& request) const {
  std::string text;
  for (const auto& message : request.messages) {
    for (const auto& part : message.parts)
      text += part.media ? "<" + std::string(to_string(part.media->kind())) + " " + part.media->reference() + ">\n"
                         : part.text;
    text += message.raw_delimiter;
  }
  return text;
}

}  // namespace lmms_eval
