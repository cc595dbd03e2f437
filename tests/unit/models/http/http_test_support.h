#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "lmms_eval/error.h"
#include "lmms_eval/model.h"
#include "media/image.h"
#include "support/captured_log.h"
#include "support/scoped_env.h"

namespace lmms_eval::http {

using lmms_eval::testing::ScopedEnv;

/// A stream over a list, which keeps the responses by position and knows how many requests were held at most.
class ListStream final : public RequestStream {
 public:
  explicit ListStream(std::vector<Request> requests) : requests_(std::move(requests)), responses_(requests_.size()) {}

  std::optional<StreamedRequest> next() override {
    if (stopping() || exhausted()) return std::nullopt;
    const std::size_t index = next_++;
    most_held_ = std::max(most_held_, next_ - completed_);
    return StreamedRequest{index, requests_[index]};
  }
  bool exhausted() const override { return next_ == requests_.size(); }
  std::vector<StreamedRequest> next_batch(std::size_t) override { return {}; }
  void complete(std::uint64_t ticket, Response response) override {
    if (responses_[ticket]) ++completed_twice_;
    responses_[ticket] = std::move(response);
    ++completed_;
    if (on_complete) on_complete(completed_);
  }
  bool stopping() const override { return stopped_; }

  void stop() { stopped_ = true; }
  std::size_t completed() const { return completed_; }
  std::size_t completed_twice() const { return completed_twice_; }
  std::size_t pulled() const { return next_; }
  std::size_t most_held() const { return most_held_; }
  const std::optional<Response>& response(std::size_t index) const { return responses_[index]; }
  std::size_t count(Status status) const {
    std::size_t count = 0;
    for (const auto& response : responses_) count += response && response->status == status;
    return count;
  }

  std::function<void(std::size_t)> on_complete;  ///< called with the number completed so far

 private:
  std::vector<Request> requests_;
  std::vector<std::optional<Response>> responses_;
  std::size_t next_ = 0;
  std::size_t completed_ = 0;
  std::size_t completed_twice_ = 0;
  std::size_t most_held_ = 0;
  std::atomic<bool> stopped_ = false;
};

inline Request text_request(std::string text, GenerationOptions options = {}) {
  Request request;
  request.task = "quiz";
  request.messages = {{Role::user, {Part::of_text(std::move(text))}}};
  request.options = std::move(options);
  return request;
}

inline std::vector<Request> text_requests(std::size_t count) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < count; ++i) requests.push_back(text_request("question " + std::to_string(i)));
  return requests;
}

/// A small PNG; another one for each shade.
inline std::string png_of(std::uint8_t shade) {
  return media::encode_png(media::Image{3, 2, 3, std::vector<std::uint8_t>(18, shade)});
}

/// No setting of the machine's owner.
inline ScopedEnv clean_environment() {
  return {{"OPENAI_API_KEY", std::nullopt},
          {"OPENAI_API_BASE", std::nullopt},
          {"OPENAI_BASE_URL", std::nullopt},
          {"LMMS_IMAGE_ENCODE_FORMAT", std::nullopt},
          {"LMMS_IMAGE_JPEG_QUALITY", std::nullopt},
          {"http_proxy", std::nullopt},
          {"all_proxy", std::nullopt},
          {"ALL_PROXY", std::nullopt}};
}

/// The message of the Error that `body` throws; empty when it throws none.
template <typename Body>
std::string error_of(Body&& body, std::optional<ErrorKind> kind = std::nullopt) {
  try {
    body();
  } catch (const Error& error) {
    if (kind && error.kind() != *kind)
      return "wrong kind: " + std::string(to_string(error.kind())) + ": " + error.what();
    return error.what();
  }
  return {};
}

}  // namespace lmms_eval::http
