#pragma once

#include <algorithm>
#include <deque>
#include <map>

#include "lmms_eval/model.h"

namespace lmms_eval::local::testing {

/// Hands out the given requests in order, tickets from 0 on, and keeps the responses.
class FakeStream final : public RequestStream {
 public:
  explicit FakeStream(std::vector<Request> requests) : left_(requests.begin(), requests.end()) {}

  std::optional<StreamedRequest> next() override {
    auto batch = next_batch(1);
    return batch.empty() ? std::nullopt : std::optional(std::move(batch.front()));
  }
  bool exhausted() const override { return left_.empty(); }
  std::vector<StreamedRequest> next_batch(std::size_t count) override {
    std::vector<StreamedRequest> batch;
    while (!left_.empty() && batch.size() < count &&
           (batch.empty() || (batch.front().request.type == left_.front().type &&
                              batch.front().request.options == left_.front().options))) {
      batch.push_back({next_ticket_++, std::move(left_.front())});
      left_.pop_front();
    }
    return batch;
  }
  void complete(std::uint64_t ticket, Response response) override { responses.emplace(ticket, std::move(response)); }
  bool stopping() const override { return stop; }

  bool stop = false;
  std::multimap<std::uint64_t, Response> responses;

 private:
  std::deque<Request> left_;
  std::uint64_t next_ticket_ = 0;
};

}  // namespace lmms_eval::local::testing
