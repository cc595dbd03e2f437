#pragma once

#include <cstdint>
#include <string>

#include "lmms_eval/model.h"
#include "models/http/engine.h"
#include "models/http/retry.h"

namespace lmms_eval::http {

/// What an answer with a good status means: a response, or that it cannot be used and is worth another attempt.
struct ApiReply {
  Response response;
  std::string retry_reason;  ///< not empty: ask again; after the last attempt the request has failed for this reason
};

/// A provider: how a request is written for it, and how its answers are read. One file per provider implements this;
/// all else (concurrency, retries, giving up) is the same for all. Methods are called by several threads.
class LMMS_EVAL_API ApiProtocol {
 public:
  virtual ~ApiProtocol() = default;

  /// Throws for a request that no server could answer, which ends the run. Cheap: requests are checked as they are
  /// pulled, before they and those beside them are sent.
  virtual void check(const Request& request) const = 0;
  /// Throws Error{data} when the request cannot be rendered (it becomes unscorable); any other exception ends the run.
  virtual HttpRequest write(const Request& request) const = 0;
  /// Reads an answer with a status of 200 to 299.
  virtual ApiReply read(const HttpOutcome& outcome) const = 0;
  /// Where requests go, fit for messages.
  virtual std::string shown_url() const = 0;
  /// What to check when every request is turned down with this status: "check api_key or OPENAI_API_KEY".
  virtual std::string advice(int status) const = 0;
};

struct ApiRunOptions {
  std::size_t num_concurrent = 32;
  bool trust_env = true;
  RetryOptions retry;
};

/// What a run did, for the results file.
struct ApiRunMetrics {
  std::int64_t requests = 0;  ///< completed, whatever came of them
  std::int64_t attempts = 0;  ///< HTTP exchanges
  double latency_s = 0.0;     ///< sum over answered requests, of the exchange that brought the answer
  std::int64_t answered = 0;
  std::int64_t output_tokens = 0;
};

/// How many requests are held beside those in flight, written ahead so that no slot waits for an image to be encoded.
LMMS_EVAL_API std::size_t look_ahead(std::size_t num_concurrent);

/// Answers every request of the stream through the provider, `num_concurrent` at a time.
///
/// Requests are written on a thread pool and exchanged by an HttpEngine; the calling thread pulls, retries and
/// completes. When the stream is stopping, what is in flight is finished, what waits for another attempt fails with its
/// reason, and what was not sent is not completed: it was not run.
///
/// An exception, of the stream or of the provider, ends the run in the same way: nothing new is sent, answers in flight
/// are waited for and completed, since they are paid for, and then it is thrown.
///
/// Throws Error{network} when nothing can come of the run: before any answer, no server was reached or the first three
/// requests were all turned down with the same 401, 403 or 404. A server that goes away later makes the rest of the
/// requests fail, without a call once twice `num_concurrent` in a row found nobody there; what was answered is kept.
LMMS_EVAL_API void run_api(RequestStream& stream, const ApiProtocol& protocol, const ApiRunOptions& options,
                           ApiRunMetrics& metrics);

}  // namespace lmms_eval::http
