#include "models/http/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/text.h"

namespace lmms_eval::http {
namespace {

constexpr double kLongestBackoffS = 60.0;
constexpr double kLongestRetryAfterS = 300.0;
constexpr std::size_t kMessageLength = 300;

/// What the server says is wrong: {"error": {"message": …}}, {"error": …}, {"message": …} or {"detail": …}, else the
/// body itself.
std::string server_message(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object()) {
    for (const char* name : {"error", "message", "detail"}) {
      const auto field = json.find(name);
      if (field == json.end() || field->is_null()) continue;
      if (field->is_string()) return field->get<std::string>();
      if (field->is_object() && field->contains("message") && (*field)["message"].is_string())
        return (*field)["message"].get<std::string>();
      return field->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }
  }
  return body;
}

}  // namespace

bool worth_retrying(const HttpOutcome& outcome) {
  switch (outcome.error) {
    case TransportError::none:
      break;
    case TransportError::untrusted:
    case TransportError::handshake:
    case TransportError::bad_url:
    case TransportError::too_large:
    case TransportError::cancelled:
      return false;
    default:
      return true;
  }
  return outcome.status == 408 || outcome.status == 409 || outcome.status == 429 || outcome.status >= 500;
}

std::string describe_failure(const HttpOutcome& outcome) {
  if (outcome.error != TransportError::none) return outcome.error_text;
  const std::string text = one_line(redact(server_message(outcome.body)), kMessageLength);
  std::string line = fmt::format("HTTP {}", outcome.status);
  if (outcome.status >= 300 && outcome.status < 400)
    line += " (a redirection, which is not followed; correct base_url)";
  return text.empty() ? line : line + ": " + text;
}

std::chrono::milliseconds Backoff::delay(int attempts, std::optional<double> retry_after_s) {
  double seconds = std::min(kLongestBackoffS, backoff_s_ * std::pow(2.0, std::min(attempts - 1, 30)));
  seconds *= std::uniform_real_distribution<double>(0.75, 1.25)(random_);
  if (retry_after_s) seconds = std::max(seconds, std::min(*retry_after_s, kLongestRetryAfterS));
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1000)));
}

}  // namespace lmms_eval::http
