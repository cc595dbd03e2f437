#include "models/http/engine.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "lmms_eval/version.h"

namespace lmms_eval::http {
namespace {

constexpr long kConnectTimeoutMs = 30'000;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw errors::internal("libcurl cannot be initialised");
  });
}

/// Each connection is a file: the usual soft limit of 1024 is raised when it is too low for that many.
void raise_file_limit(std::size_t connections) {
  rlimit limit{};
  const rlim_t wanted = connections + 256;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

const char* first_set(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value && *value) return value;
  return nullptr;
}

/// One easy handle and all that must live as long as its exchange. Kept and used again for later exchanges.
struct Transfer {
  Transfer() : easy(curl_easy_init()) {
    if (!easy) throw errors::internal("libcurl gives no handle (out of memory)");
  }
  ~Transfer() { curl_easy_cleanup(easy); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* easy;
  std::shared_ptr<const HttpRequest> request;
  HttpEngine::Done done;
  std::string response;
  bool too_large = false;
  std::size_t position = 0;  // among the active ones
  char error[CURL_ERROR_SIZE] = "";
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.response.size() + count > transfer.request->max_response_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.append(bytes, count);
  return count;
}

/// What is the same for every exchange of a handle.
void set_up(Transfer& transfer, const HttpEngineOptions& options) {
  CURL* easy = transfer.easy;
  static const std::string kAgent = "lmms_eval/" + version();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, kAgent.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  if (!options.trust_env) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (const char* file = first_set({"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}))
    curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  if (const char* folder = first_set({"SSL_CERT_DIR"})) curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}

void aim(Transfer& transfer) {
  CURL* easy = transfer.easy;
  const HttpRequest& request = *transfer.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                   request.headers ? static_cast<curl_slist*>(request.headers->native()) : nullptr);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   std::min(kConnectTimeoutMs, static_cast<long>(request.timeout.count())));
  if (request.body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body->data());
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  transfer.response.clear();
  transfer.too_large = false;
  transfer.error[0] = '\0';
}

TransportError classify(const Transfer& transfer, CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return TransportError::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return TransportError::unresolved;
    case CURLE_COULDNT_CONNECT: {
      long number = 0;
      curl_easy_getinfo(transfer.easy, CURLINFO_OS_ERRNO, &number);
      return number == ECONNREFUSED ? TransportError::refused : TransportError::unreachable;
    }
    case CURLE_OPERATION_TIMEDOUT: {
      // Before anything was sent there was nobody who could have been slow to answer.
      long sent = 0;
      curl_easy_getinfo(transfer.easy, CURLINFO_REQUEST_SIZE, &sent);
      return sent > 0 ? TransportError::timeout : TransportError::unreachable;
    }
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return TransportError::cut;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return TransportError::untrusted;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:  // what answered is no HTTP
    case CURLE_WEIRD_SERVER_REPLY:
      return TransportError::handshake;
    case CURLE_URL_MALFORMAT:
      return TransportError::bad_url;
    case CURLE_WRITE_ERROR:
      return transfer.too_large ? TransportError::too_large : TransportError::other;
    default:
      return TransportError::other;
  }
}

std::string error_text(const Transfer& transfer, TransportError error, CURLcode code) {
  const std::string detail = one_line(redact(transfer.error[0] ? transfer.error : curl_easy_strerror(code)), 200);
  switch (error) {
    case TransportError::refused:
      return "connection refused";
    case TransportError::timeout:
      return fmt::format("no answer within {:g} s", static_cast<double>(transfer.request->timeout.count()) / 1000);
    case TransportError::cut:
      return fmt::format("the answer was cut short ({})", detail);
    case TransportError::too_large:
      return fmt::format("the answer is larger than {} MB", transfer.request->max_response_bytes / (1024 * 1024));
    case TransportError::handshake:
      return fmt::format("the server does not speak the protocol of the URL ({}); http or https?", detail);
    case TransportError::untrusted:
      return fmt::format("the server's certificate cannot be verified ({}); name the file with its CA in SSL_CERT_FILE",
                         detail);
    default:
      return detail;
  }
}

/// OpenAI's servers give milliseconds in a header of their own; the other one is read by libcurl, seconds or date.
std::optional<double> retry_after(CURL* easy) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, "retry-after-ms", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
    char* end = nullptr;
    const double milliseconds = std::strtod(header->value, &end);
    if (end != header->value && milliseconds >= 0) return milliseconds / 1000;
  }
  curl_off_t seconds = 0;
  if (curl_easy_header(easy, "retry-after", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return std::nullopt;
  if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK) return std::nullopt;
  return static_cast<double>(seconds);
}

HttpOutcome outcome_of(Transfer& transfer, CURLcode code) {
  HttpOutcome outcome;
  curl_off_t total = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_TOTAL_TIME_T, &total);
  outcome.elapsed_s = static_cast<double>(total) / 1e6;
  outcome.error = classify(transfer, code);
  if (outcome.error != TransportError::none) {
    outcome.error_text = error_text(transfer, outcome.error, code);
    return outcome;
  }
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  outcome.status = static_cast<int>(status);
  if (!outcome.ok()) outcome.retry_after_s = retry_after(transfer.easy);
  const char* type = nullptr;
  if (curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type) outcome.content_type = type;
  outcome.body = std::move(transfer.response);
  return outcome;
}

HttpOutcome cancelled() {
  HttpOutcome outcome;
  outcome.error = TransportError::cancelled;
  outcome.error_text = to_string(TransportError::cancelled);
  return outcome;
}

}  // namespace

std::string_view to_string(TransportError error) {
  switch (error) {
    case TransportError::none:
      return "none";
    case TransportError::refused:
      return "connection refused";
    case TransportError::unresolved:
      return "unknown host";
    case TransportError::unreachable:
      return "host not reachable";
    case TransportError::timeout:
      return "no answer in time";
    case TransportError::cut:
      return "the answer was cut short";
    case TransportError::untrusted:
      return "the certificate cannot be verified";
    case TransportError::handshake:
      return "not the protocol of the URL";
    case TransportError::bad_url:
      return "not a URL";
    case TransportError::too_large:
      return "the answer is too large";
    case TransportError::cancelled:
      return "cancelled";
    case TransportError::other:
      return "transport error";
  }
  return "transport error";
}

HttpHeaders::HttpHeaders(const std::vector<std::string>& lines) {
  curl_slist* list = nullptr;
  // libcurl would wait for "100 Continue" before it sends a large body: a round trip for nothing.
  list = curl_slist_append(list, "Expect:");
  for (const auto& line : lines) list = curl_slist_append(list, line.c_str());
  list_ = list;
}

HttpHeaders::~HttpHeaders() { curl_slist_free_all(static_cast<curl_slist*>(list_)); }

class HttpEngine::Loop {
 public:
  explicit Loop(const HttpEngineOptions& options) : options_(options) {
    init_curl_once();
    options_.max_in_flight = std::max<std::size_t>(1, options_.max_in_flight);
    raise_file_limit(options_.max_in_flight);
    multi_ = curl_multi_init();
    if (!multi_) throw errors::internal("libcurl gives no handle (out of memory)");
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_in_flight + 16));
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (auto& transfer : active_) {
      curl_multi_remove_handle(multi_, transfer->easy);
      transfer->done(cancelled());
    }
    for (auto& waiting : queue_) waiting.done(cancelled());
    active_.clear();
    idle_.clear();
    curl_multi_cleanup(multi_);
  }

  void submit(std::shared_ptr<const HttpRequest> request, Done done) {
    bool wake = false;
    {
      std::lock_guard lock(mutex_);
      queue_.push_back({std::move(request), std::move(done)});
      // The loop looks at the queue by itself whenever an exchange ends: only a loop with room has to be woken, and
      // once.
      wake = !woken_ && (cancelling_ || active_count_ < options_.max_in_flight);
      woken_ |= wake;
    }
    if (wake) curl_multi_wakeup(multi_);
  }

  void cancel_queued() {
    {
      std::lock_guard lock(mutex_);
      cancelling_ = true;
    }
    curl_multi_wakeup(multi_);
  }

 private:
  struct Waiting {
    std::shared_ptr<const HttpRequest> request;
    Done done;
  };

  void run() {
    while (true) {
      if (!take_queue()) return;
      int running = 0;
      curl_multi_perform(multi_, &running);
      if (finish_transfers()) continue;  // there is room for what waits
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }

  /// Starts what waits while there is room. False at the end.
  bool take_queue() {
    std::vector<Waiting> batch;
    bool cancel = false;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return false;
      woken_ = false;
      cancel = cancelling_;
      while (!queue_.empty() && (cancel || active_.size() + batch.size() < options_.max_in_flight)) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      active_count_ = active_.size() + (cancel ? 0 : batch.size());
    }
    for (auto& waiting : batch) {
      if (cancel)
        waiting.done(cancelled());
      else
        start(std::move(waiting));
    }
    return true;
  }

  void start(Waiting waiting) {
    std::unique_ptr<Transfer> transfer;
    if (idle_.empty()) {
      transfer = std::make_unique<Transfer>();
      set_up(*transfer, options_);
    } else {
      transfer = std::move(idle_.back());
      idle_.pop_back();
    }
    transfer->request = std::move(waiting.request);
    transfer->done = std::move(waiting.done);
    aim(*transfer);
    curl_multi_add_handle(multi_, transfer->easy);
    transfer->position = active_.size();
    active_.push_back(std::move(transfer));
  }

  bool finish_transfers() {
    bool finished = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      finish(message->easy_handle, message->data.result);
      finished = true;
    }
    return finished;
  }

  void finish(CURL* easy, CURLcode code) {
    char* user = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    const std::size_t position = reinterpret_cast<Transfer*>(user)->position;
    HttpOutcome outcome = outcome_of(*active_[position], code);
    curl_multi_remove_handle(multi_, easy);
    std::swap(active_[position], active_.back());
    active_[position]->position = position;
    std::unique_ptr<Transfer> transfer = std::move(active_.back());
    active_.pop_back();
    const Done done = std::exchange(transfer->done, nullptr);
    transfer->request.reset();
    idle_.push_back(std::move(transfer));
    done(std::move(outcome));
  }

  HttpEngineOptions options_;
  CURLM* multi_ = nullptr;
  std::vector<std::unique_ptr<Transfer>> active_;  // the loop's thread alone
  std::vector<std::unique_ptr<Transfer>> idle_;

  std::mutex mutex_;
  std::deque<Waiting> queue_;
  std::size_t active_count_ = 0;
  bool woken_ = false;
  bool cancelling_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

HttpEngine::HttpEngine(const HttpEngineOptions& options) : loop_(std::make_unique<Loop>(options)) {}
HttpEngine::~HttpEngine() = default;

void HttpEngine::submit(std::shared_ptr<const HttpRequest> request, Done done) {
  loop_->submit(std::move(request), std::move(done));
}

void HttpEngine::cancel_queued() { loop_->cancel_queued(); }

}  // namespace lmms_eval::http
