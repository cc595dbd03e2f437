#include "models/http/api_run.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <queue>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/errors.h"
#include "base/text.h"
#include "base/thread_pool.h"

namespace lmms_eval::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSameRefusals = 3;
constexpr auto kStopCheck = std::chrono::milliseconds(100);

/// Something that happened to a request on another thread.
struct Event {
  std::uint64_t ticket = 0;
  std::shared_ptr<const HttpRequest> http;
  HttpOutcome outcome;
  std::exception_ptr write_error;
  bool not_sent = false;
};

/// Events from the pool and the engine to the thread that runs the model.
class EventQueue {
 public:
  void push(Event event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    if (events_.size() == 1) ready_.notify_one();
  }

  /// All events that are there; waits for the first one until `deadline`.
  std::deque<Event> take(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    ready_.wait_until(lock, deadline, [this] { return !events_.empty(); });
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Event> events_;
};

/// Notices when no request can succeed any more.
class ServerHealth {
 public:
  ServerHealth(const ApiProtocol& protocol, std::size_t num_concurrent)
      : protocol_(protocol), lost_after_(static_cast<std::int64_t>(2 * num_concurrent)) {}

  void answered() {
    any_success_ = true;
    lost_in_a_row_ = 0;
  }

  /// A request has failed for good.
  void failed(const HttpOutcome& outcome, const std::string& reason) {
    if (outcome.error == TransportError::none) {
      reached_ = true;
      lost_in_a_row_ = 0;
      refused(outcome.status, reason);
      return;
    }
    const bool nobody_there = outcome.error == TransportError::refused || outcome.error == TransportError::unresolved ||
                              outcome.error == TransportError::unreachable ||
                              outcome.error == TransportError::untrusted ||
                              outcome.error == TransportError::handshake || outcome.error == TransportError::bad_url;
    if (!nobody_there) return;
    if (!reached_ && !any_success_) throw unreachable(outcome, reason);
    if (++lost_in_a_row_ < lost_after_ || !gone_.empty()) return;
    gone_ = fmt::format("not sent: {} could not be reached any more ({})", protocol_.shown_url(), reason);
    spdlog::error(
        "{} could not be reached by {} requests in a row ({}); the rest of the run is given up, answers so far are "
        "kept",
        protocol_.shown_url(), lost_in_a_row_, reason);
  }

  /// An answer of any status has come: the server is there.
  void reached() { reached_ = true; }

  /// A server that has answered speaks its protocol: a handshake that fails later is one that may pass.
  bool may_pass(const HttpOutcome& outcome) const {
    return worth_retrying(outcome) || (outcome.error == TransportError::handshake && reached_);
  }

  /// Why nothing more is sent; empty while the server may be there.
  const std::string& gone() const { return gone_; }

 private:
  void refused(int status, const std::string& reason) {
    if (any_success_ || (status != 401 && status != 403 && status != 404)) {
      same_status_ = 0;
      return;
    }
    same_count_ = status == same_status_ ? same_count_ + 1 : 1;
    same_status_ = status;
    if (same_count_ < kSameRefusals) return;
    throw errors::network("{} turns every request down with {}; {}", protocol_.shown_url(), reason,
                          protocol_.advice(status));
  }

  Error unreachable(const HttpOutcome& outcome, const std::string& reason) const {
    switch (outcome.error) {
      case TransportError::refused:
        return errors::network("cannot reach {}: connection refused; is the server running?", protocol_.shown_url());
      case TransportError::unresolved:
      case TransportError::handshake:
      case TransportError::bad_url:
        return errors::network("cannot reach {}: {}; check base_url", protocol_.shown_url(), reason);
      case TransportError::untrusted:
        return errors::network("cannot reach {}: {}", protocol_.shown_url(), reason);
      default:
        return errors::network("cannot reach {}: {}; check base_url, the network and proxy settings",
                               protocol_.shown_url(), reason);
    }
  }

  const ApiProtocol& protocol_;
  std::int64_t lost_after_;
  bool any_success_ = false;
  bool reached_ = false;
  int same_status_ = 0;
  int same_count_ = 0;
  std::int64_t lost_in_a_row_ = 0;
  std::string gone_;
};

class ApiRun {
 public:
  ApiRun(RequestStream& stream, const ApiProtocol& protocol, const ApiRunOptions& options, ApiRunMetrics& metrics)
      : stream_(stream),
        protocol_(protocol),
        options_(options),
        metrics_(metrics),
        capacity_(options.num_concurrent + look_ahead(options.num_concurrent)),
        health_(protocol, options.num_concurrent),
        backoff_(options.retry.backoff_s),
        engine_({options.num_concurrent, options.trust_env}),
        pool_(std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 16)) {}

  ~ApiRun() { abandoned_ = true; }  // the pool drains without writing what is left

  void run() {
    while (true) {
      guarded([&] { watch_stop(); });
      guarded([&] { pull(); });
      if (held_.empty()) break;
      for (auto& event : events_.take(next_deadline())) settle_guarded(event);
      guarded([&] { send_due(); });
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  /// A request that is in the pool, in the engine or among the retries.
  struct Held {
    int attempts = 0;
    std::string reason;  ///< why the last attempt failed
  };

  struct Retry {
    Clock::time_point due;
    std::uint64_t ticket = 0;
    std::shared_ptr<const HttpRequest> http;
    bool operator<(const Retry& other) const { return due > other.due; }  // the earliest on top
  };

  /// The first exception ends the run, but not at once: the answers in flight are paid for.
  template <typename Step>
  void guarded(Step&& step) {
    try {
      step();
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
      stop_sending();
    }
  }

  void settle_guarded(Event& event) {
    guarded([&] { settle(event); });
    if (failure_) held_.erase(event.ticket);  // it may have thrown half-way
  }

  void stop_sending() {
    stopped_ = true;
    abandoned_ = true;
    engine_.cancel_queued();
    for (; !retries_.empty(); retries_.pop()) {
      if (failure_)
        held_.erase(retries_.top().ticket);
      else
        complete_unsent(retries_.top().ticket);
    }
  }

  void watch_stop() {
    if (!stopped_ && stream_.stopping()) stop_sending();
  }

  void pull() {
    std::vector<StreamedRequest> fresh;
    while (!stopped_ && held_.size() + fresh.size() < capacity_) {
      auto next = stream_.next();
      if (!next) break;
      if (!health_.gone().empty()) {
        complete(next->ticket, Response::failure(health_.gone()));
        continue;
      }
      fresh.push_back(std::move(*next));
    }
    // All of them before any is sent: what is wrong with a whole task is found before anything is paid for.
    for (const auto& item : fresh) protocol_.check(item.request);
    for (auto& item : fresh) {
      held_.emplace(item.ticket, Held{});
      auto request = std::make_shared<const Request>(std::move(item.request));
      pool_.submit([this, ticket = item.ticket, request] { write(ticket, *request); });
    }
  }

  /// On a thread of the pool.
  void write(std::uint64_t ticket, const Request& request) {
    if (abandoned_) return events_.push({ticket, nullptr, {}, nullptr, true});
    try {
      send(ticket, std::make_shared<const HttpRequest>(protocol_.write(request)));
    } catch (...) {
      events_.push({ticket, nullptr, {}, std::current_exception(), false});
    }
  }

  void send(std::uint64_t ticket, const std::shared_ptr<const HttpRequest>& http) {
    engine_.submit(http, [this, ticket, http](HttpOutcome outcome) {
      const bool not_sent = outcome.error == TransportError::cancelled;
      events_.push({ticket, http, std::move(outcome), nullptr, not_sent});
    });
  }

  Clock::time_point next_deadline() const {
    const auto check = Clock::now() + kStopCheck;
    return retries_.empty() ? check : std::min(check, retries_.top().due);
  }

  void settle(Event& event) {
    if (event.not_sent) return settle_unsent(event);
    if (event.write_error) return settle_unwritten(event);
    Held& held = held_[event.ticket];
    ++held.attempts;
    ++metrics_.attempts;
    if (event.outcome.error == TransportError::none) health_.reached();
    bool again = false;
    if (event.outcome.ok()) {
      ApiReply reply = protocol_.read(event.outcome);
      if (reply.retry_reason.empty()) return settle_answer(event, std::move(reply.response));
      held.reason = std::move(reply.retry_reason);
      again = true;
    } else {
      held.reason = describe_failure(event.outcome);
      again = health_.may_pass(event.outcome);
    }
    if (failure_) return;  // only answers are worth keeping now
    if (again && held.attempts < options_.retry.max_attempts && !stopped_ && health_.gone().empty())
      return retry_later(event, held);
    std::string reason = std::move(held.reason);
    if (held.attempts > 1) reason += fmt::format(" (after {} attempts)", held.attempts);
    health_.failed(event.outcome, reason);
    complete(event.ticket, Response::failure(std::move(reason)));
  }

  /// The run is stopping: what never was sent was not run.
  void settle_unsent(const Event& event) {
    if (failure_ || held_[event.ticket].attempts == 0)
      held_.erase(event.ticket);
    else
      complete_unsent(event.ticket);
  }

  void complete_unsent(std::uint64_t ticket) {
    complete(ticket, Response::failure(held_[ticket].reason + "; stopped before another attempt"));
  }

  void settle_unwritten(const Event& event) {
    try {
      std::rethrow_exception(event.write_error);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;
      complete(event.ticket, Response::unscorable(error.what()));
    }
  }

  void settle_answer(const Event& event, Response response) {
    health_.answered();
    if (response.status == Status::answered) {
      ++metrics_.answered;
      metrics_.latency_s += event.outcome.elapsed_s;
      metrics_.output_tokens += response.tokens.output.value_or(0);
    }
    complete(event.ticket, std::move(response));
  }

  void retry_later(Event& event, const Held& held) {
    const auto delay = backoff_.delay(held.attempts, event.outcome.retry_after_s);
    // The first of each sort is told, the others are for --verbosity DEBUG.
    const bool first = told_
                           .insert(event.outcome.error == TransportError::none ? event.outcome.status
                                                                               : -static_cast<int>(event.outcome.error))
                           .second;
    spdlog::log(first ? spdlog::level::warn : spdlog::level::debug, "{}: {}; attempt {} of {} in {:.1f} s{}",
                protocol_.shown_url(), held.reason, held.attempts + 1, options_.retry.max_attempts,
                static_cast<double>(delay.count()) / 1000, first ? " (said once for each sort of failure)" : "");
    retries_.push({Clock::now() + delay, event.ticket, std::move(event.http)});
  }

  void send_due() {
    const auto now = Clock::now();
    for (; !retries_.empty() && retries_.top().due <= now; retries_.pop())
      send(retries_.top().ticket, retries_.top().http);
  }

  void complete(std::uint64_t ticket, Response response) {
    held_.erase(ticket);
    ++metrics_.requests;
    stream_.complete(ticket, std::move(response));
  }

  RequestStream& stream_;
  const ApiProtocol& protocol_;
  const ApiRunOptions options_;
  ApiRunMetrics& metrics_;
  const std::size_t capacity_;
  std::unordered_map<std::uint64_t, Held> held_;
  std::priority_queue<Retry> retries_;
  ServerHealth health_;
  Backoff backoff_;
  std::set<int> told_;
  std::exception_ptr failure_;
  bool stopped_ = false;
  std::atomic<bool> abandoned_ = false;
  EventQueue events_;
  // Last ones first: the pool hands to the engine, both hand to the queue of events.
  HttpEngine engine_;
  ThreadPool pool_;
};

}  // namespace

std::size_t look_ahead(std::size_t num_concurrent) { return std::max<std::size_t>(4, num_concurrent); }

void run_api(RequestStream& stream, const ApiProtocol& protocol, const ApiRunOptions& options, ApiRunMetrics& metrics) {
  ApiRun(stream, protocol, options, metrics).run();
}

}  // namespace lmms_eval::http
