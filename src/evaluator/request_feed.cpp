#include "evaluator/request_feed.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "cache/response_cache.h"
#include "lmms_eval/evaluate.h"

namespace lmms_eval {
namespace {

std::size_t text_length(const Request& request) {
  std::size_t length = request.continuation.size();
  for (const auto& message : request.messages)
    for (const auto& part : message.parts) length += part.text.size();
  return length;
}

std::string batch_key(const Request& request) {
  return std::string(to_string(request.type)) + request.options.to_json();
}

}  // namespace

RequestFeed::RequestFeed(std::vector<TaskRun*> runs, const LM& model, ResponseCache* cache, std::size_t window,
                         DocCallback on_open, DocCallback on_done)
    : runs_(std::move(runs)),
      model_(model),
      cache_(cache),
      window_(std::max<std::size_t>(1, window)),
      on_open_(std::move(on_open)),
      on_done_(std::move(on_done)) {}

std::unique_ptr<OpenDoc> RequestFeed::open_doc(TaskRun& run, std::int64_t doc_id) {
  auto open = std::make_unique<OpenDoc>();
  open->run = &run;
  open->doc_id = doc_id;
  try {
    open->doc = run.task().doc(doc_id);
    open->requests = run.task().build_requests(*open->doc);
  } catch (const Error& error) {
    // What this doc cannot give (a missing field, a template that fails on it) costs this doc alone.
    if (error.kind() != ErrorKind::data && error.kind() != ErrorKind::config) throw;
    open->requests.clear();
    open->status = Status::unscorable;
    open->error = error.what();
  }
  for (const auto& request : open->requests) {
    if (!model_.supports(request.type)) {
      throw errors::usage("task {} makes {} requests, which model {} cannot answer; choose another task or model",
                          run.task().name(), to_string(request.type), model_.info().name);
    }
  }
  open->responses.resize(open->requests.size());
  open->from_cache.resize(open->requests.size());
  open->missing = open->requests.size();
  return open;
}

void RequestFeed::look_up(OpenDoc& doc) {
  if (!cache_) return;
  for (std::size_t i = 0; i < doc.requests.size(); ++i) {
    if (!cache_->keeps(doc.requests[i])) continue;
    try {
      if (auto response = cache_->get(cache_->key(doc.requests[i]))) {
        doc.responses[i] = std::move(*response);
        doc.from_cache[i] = true;
        --doc.missing;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::data) throw;  // a medium that cannot be read: the model will say so
    }
  }
}

void RequestFeed::fill() {
  struct Ranked {
    OpenDoc* doc;
    std::string key;
    std::size_t length;
  };
  // A model that pulls without completing must not draw all docs into memory.
  const auto full = [&] { return open_.size() >= 2 * window_ && !flights_.empty(); };
  while (ready_.empty() && run_ < runs_.size() && !stopping() && !full()) {
    std::vector<Ranked> ranked;
    while (ranked.size() < window_ && run_ < runs_.size()) {
      TaskRun& run = *runs_[run_];
      if (next_position_ >= run.counts.requested) {
        ++run_;
        next_position_ = 0;
        continue;
      }
      auto open = open_doc(run, run.doc_at(next_position_++));
      if (on_open_) on_open_(*open);
      look_up(*open);
      OpenDoc* doc = open.get();
      open_.emplace(doc, std::move(open));
      if (doc->missing == 0)
        finish_doc(doc);
      else
        ranked.push_back({doc, batch_key(doc->requests.front()), text_length(doc->requests.front())});
      if (stopping()) break;
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
      return a.key != b.key ? a.key < b.key : a.length > b.length;
    });
    for (const auto& item : ranked) {
      for (std::size_t i = 0; i < item.doc->requests.size(); ++i)
        if (!item.doc->from_cache[i]) ready_.push_back({item.doc, i, batch_key(item.doc->requests[i])});
    }
  }
}

std::optional<StreamedRequest> RequestFeed::pop() {
  if (stopping()) return std::nullopt;
  if (ready_.empty()) fill();
  if (ready_.empty() || stopping()) return std::nullopt;
  const Pending pending = std::move(ready_.front());
  ready_.pop_front();
  const std::uint64_t ticket = next_ticket_++;
  flights_.emplace(ticket, Flight{pending.doc, pending.index});
  return StreamedRequest{ticket, pending.doc->requests[pending.index]};
}

std::optional<StreamedRequest> RequestFeed::next() {
  std::lock_guard lock(mutex_);
  return pop();
}

std::vector<StreamedRequest> RequestFeed::next_batch(std::size_t count) {
  std::lock_guard lock(mutex_);
  std::vector<StreamedRequest> batch;
  std::string key;
  while (batch.size() < std::max<std::size_t>(1, count)) {
    if (!ready_.empty() && !batch.empty() && ready_.front().batch_key != key) break;
    if (ready_.empty() && !batch.empty()) {
      fill();
      if (ready_.empty() || ready_.front().batch_key != key) break;
    }
    auto request = pop();
    if (!request) break;
    if (batch.empty()) key = batch_key(request->request);
    batch.push_back(std::move(*request));
  }
  return batch;
}

bool RequestFeed::exhausted() const {
  std::lock_guard lock(mutex_);
  return stopping() || (ready_.empty() && run_ >= runs_.size());
}

void RequestFeed::finish_doc(OpenDoc* doc) {
  const auto at = open_.find(doc);
  on_done_(*doc);
  open_.erase(at);
}

void RequestFeed::complete(std::uint64_t ticket, Response response) {
  std::lock_guard lock(mutex_);
  const auto flight = flights_.find(ticket);
  if (flight == flights_.end())
    throw errors::internal("request ticket {} was completed twice or never handed out", ticket);
  OpenDoc* doc = flight->second.doc;
  const std::size_t index = flight->second.index;
  flights_.erase(flight);
  const Request& request = doc->requests[index];
  if (cache_ && response.status == Status::answered && cache_->keeps(request)) keep(request, response);
  doc->responses[index] = std::move(response);
  if (--doc->missing == 0) finish_doc(doc);
}

/// Without a cache more answers would be paid for and lost with the next failure: the run stops asking, and scores what
/// it has.
void RequestFeed::keep(const Request& request, const Response& response) {
  if (!cache_failure_.empty()) return;
  try {
    cache_->put(cache_->key(request), request, response);
  } catch (const Error& error) {
    cache_failure_ = error.what();
    spdlog::error("{}; no more requests are sent", cache_failure_);
    stop();
  }
}

std::string RequestFeed::cache_failure() const {
  std::lock_guard lock(mutex_);
  return cache_failure_;
}

bool RequestFeed::stopping() const { return stopped_ || stop_requested(); }

std::size_t RequestFeed::in_flight() const {
  std::lock_guard lock(mutex_);
  return flights_.size();
}

void RequestFeed::stop() { stopped_ = true; }

}  // namespace lmms_eval
