#include "models/http/retry.h"

#include <gmock/gmock.h>

#include "base/log.h"

namespace lmms_eval::http {
namespace {

HttpOutcome with_status(int status, std::string body = {}) {
  HttpOutcome outcome;
  outcome.status = status;
  outcome.body = std::move(body);
  return outcome;
}

HttpOutcome with_error(TransportError error) {
  HttpOutcome outcome;
  outcome.error = error;
  return outcome;
}

TEST(Retry, IsWorthItForWhatMayPass) {
  for (const int status : {408, 409, 429, 500, 502, 503, 504, 529})
    EXPECT_TRUE(worth_retrying(with_status(status))) << status;
  for (const int status : {301, 400, 401, 403, 404, 413, 422})
    EXPECT_FALSE(worth_retrying(with_status(status))) << status;
  for (const auto error : {TransportError::refused, TransportError::unresolved, TransportError::unreachable,
                           TransportError::timeout, TransportError::cut, TransportError::other})
    EXPECT_TRUE(worth_retrying(with_error(error))) << to_string(error);
  for (const auto error : {TransportError::untrusted, TransportError::handshake, TransportError::bad_url,
                           TransportError::too_large, TransportError::cancelled})
    EXPECT_FALSE(worth_retrying(with_error(error))) << to_string(error);
}

TEST(Retry, DescribesAFailureInTheServersWordsOnOneLine) {
  EXPECT_EQ(describe_failure(with_status(500, R"({"error": {"message": "out of\nmemory"}})")),
            "HTTP 500: out of memory");
  EXPECT_EQ(describe_failure(with_status(404, R"({"detail": "Not Found"})")), "HTTP 404: Not Found");
  EXPECT_EQ(describe_failure(with_status(503, R"({"error": "busy"})")), "HTTP 503: busy");
  EXPECT_EQ(describe_failure(with_status(502, "Bad\r\ngateway")), "HTTP 502: Bad  gateway");
  EXPECT_EQ(describe_failure(with_status(500)), "HTTP 500");
  EXPECT_LT(describe_failure(with_status(500, std::string(100'000, 'x'))).size(), 400u);
}

TEST(Retry, NeverRepeatsAKeyThatTheServerSentBack) {
  register_secret("sk-very-secret-key");
  EXPECT_EQ(describe_failure(with_status(401, R"({"error": {"message": "wrong key sk-very-secret-key"}})")),
            "HTTP 401: wrong key [REDACTED]");
}

TEST(Backoff, DoublesWithJitterUpToAMinute) {
  Backoff backoff(1.0, 7);
  for (int round = 0; round < 100; ++round) {
    const auto between = [&](int attempts, int low, int high) {
      const auto delay = backoff.delay(attempts, std::nullopt).count();
      EXPECT_GE(delay, low) << attempts;
      EXPECT_LE(delay, high) << attempts;
    };
    between(1, 750, 1250);
    between(2, 1500, 2500);
    between(4, 6000, 10000);
    between(30, 45000, 75000);
  }
  EXPECT_NE(backoff.delay(1, std::nullopt), backoff.delay(1, std::nullopt));
}

TEST(Backoff, WaitsAsLongAsTheServerAsksButNotForever) {
  Backoff backoff(1.0, 7);
  EXPECT_EQ(backoff.delay(1, 20.0).count(), 20000);
  EXPECT_EQ(backoff.delay(1, 86400.0).count(), 300000);
  EXPECT_GE(backoff.delay(1, 0.0).count(), 750);
}

TEST(Backoff, IsNoWaitWhenNoneIsWanted) { EXPECT_EQ(Backoff(0.0, 7).delay(3, std::nullopt).count(), 0); }

}  // namespace
}  // namespace lmms_eval::http
