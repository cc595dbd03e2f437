#pragma once

#include <chrono>
#include <random>
#include <string>

#include "lmms_eval/export.h"
#include "models/http/engine.h"

namespace lmms_eval::http {

struct RetryOptions {
  int max_attempts = 5;    ///< in all, the first one included
  double backoff_s = 1.0;  ///< before the second attempt; doubled for each further one
};

/// True for what another attempt may cure: 408, 409, 429, 5xx, and transport errors but for an untrusted certificate,
/// a server of another protocol, a URL that is none, and an answer that is too large.
LMMS_EVAL_API bool worth_retrying(const HttpOutcome& outcome);

/// One line on a status that is no success or on a transport error: `HTTP 500: <what the server says>`.
LMMS_EVAL_API std::string describe_failure(const HttpOutcome& outcome);

/// How long to wait before the next attempt: exponential with jitter (a factor of 0.75 to 1.25, so that requests which
/// failed together do not come back together), at most a minute; never sooner than the server asks, who may ask for
/// five minutes at most.
class LMMS_EVAL_API Backoff {
 public:
  explicit Backoff(double backoff_s, std::uint64_t seed = std::random_device{}())
      : backoff_s_(backoff_s), random_(seed) {}

  /// `attempts`: how many there have been, at least one.
  std::chrono::milliseconds delay(int attempts, std::optional<double> retry_after_s);

 private:
  double backoff_s_;
  std::mt19937_64 random_;
};

}  // namespace lmms_eval::http
