#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval::http {

/// Header lines ("Name: value") in the form that libcurl takes, made once and shared by all requests of a provider.
class LMMS_EVAL_API HttpHeaders {
 public:
  explicit HttpHeaders(const std::vector<std::string>& lines);
  ~HttpHeaders();
  HttpHeaders(const HttpHeaders&) = delete;
  HttpHeaders& operator=(const HttpHeaders&) = delete;

  void* native() const { return list_; }

 private:
  void* list_ = nullptr;  // curl_slist*
};

/// One exchange. Immutable once it is submitted, so that it can be sent again without a copy.
struct HttpRequest {
  std::string url;
  std::shared_ptr<const HttpHeaders> headers;  ///< may be null
  std::optional<std::string> body;             ///< POST; absent: GET
  std::chrono::milliseconds timeout{600'000};  ///< from connecting to the last byte
  std::size_t max_response_bytes = 64 * 1024 * 1024;
};

/// Why no whole HTTP answer came.
enum class TransportError {
  none,
  refused,      ///< nobody listens there
  unresolved,   ///< the host name is not known
  unreachable,  ///< no way to the host, or the connection could not be made in time
  timeout,      ///< connected, but not answered in time
  cut,          ///< the connection ended before the answer did
  untrusted,    ///< the server's certificate cannot be verified
  handshake,    ///< the server does not speak the protocol: no TLS behind https, or no HTTP behind http
  bad_url,      ///< libcurl cannot make sense of the URL
  too_large,    ///< more bytes than max_response_bytes
  cancelled,    ///< by cancel_queued or the end of the engine
  other,
};

/// What came of a request: an HTTP status with its body, or a transport error.
struct LMMS_EVAL_API HttpOutcome {
  int status = 0;
  std::string body;
  std::string content_type;
  std::optional<double> retry_after_s;  ///< of Retry-After (seconds or date) or retry-after-ms
  TransportError error = TransportError::none;
  std::string error_text;  ///< one line without secrets, set with `error`
  double elapsed_s = 0.0;

  bool ok() const { return error == TransportError::none && status >= 200 && status < 300; }
};

struct HttpEngineOptions {
  std::size_t max_in_flight = 32;
  bool trust_env = true;  ///< proxies from http_proxy, https_proxy, all_proxy, no_proxy
};

/// Many HTTP exchanges at once on one thread: an event loop over libcurl's multi interface.
///
/// Connections are kept and reused (at most one per exchange in flight, so never more than `max_in_flight`), HTTP/2 is
/// used where a server offers it over TLS. What is submitted beyond `max_in_flight` waits in order. CA certificates:
/// SSL_CERT_FILE, CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE or SSL_CERT_DIR, else the system's. Redirects are not followed,
/// since a POST does not survive them. All methods are thread-safe.
class LMMS_EVAL_API HttpEngine {
 public:
  /// Called on the engine's thread, exactly once per request; must be short and must not throw.
  using Done = std::function<void(HttpOutcome)>;

  explicit HttpEngine(const HttpEngineOptions& options);
  /// Ends what is in flight: its callbacks get TransportError::cancelled.
  ~HttpEngine();
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  void submit(std::shared_ptr<const HttpRequest> request, Done done);
  /// Ends what waits and has not been sent, with TransportError::cancelled; later submissions too. What is in flight
  /// goes on.
  void cancel_queued();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

/// "connection refused", "no answer within 600 s": what to call an error in a message.
LMMS_EVAL_API std::string_view to_string(TransportError error);

}  // namespace lmms_eval::http
