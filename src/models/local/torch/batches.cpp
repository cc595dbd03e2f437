#include "models/local/torch/batches.h"

#include <new>

#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// A log-likelihood batch takes all choices of its docs, but no more than this many a doc on average.
constexpr std::size_t kChoicesPerDoc = 32;

bool same_doc(const Request& a, const Request& b) {
  return a.doc_id == b.doc_id && a.repeat == b.repeat && a.task == b.task;
}

}  // namespace

std::vector<StreamedRequest> BatchPuller::pull(RequestStream& stream, std::size_t size) {
  if (stream.stopping()) return std::exchange(held_back_, {});
  auto batch = held_back_.empty() ? stream.next_batch(size) : std::exchange(held_back_, {});
  if (batch.empty() || batch.front().request.type != RequestType::loglikelihood) return batch;
  std::size_t docs = 1;
  for (std::size_t i = 1; i < batch.size(); ++i) docs += !same_doc(batch[i - 1].request, batch[i].request);
  while (batch.size() < size * kChoicesPerDoc) {
    auto more = stream.next_batch(1);
    if (more.empty()) break;
    const auto& request = more.front().request;
    docs += !same_doc(batch.back().request, request);
    if (request.type != RequestType::loglikelihood || docs > size) {
      held_back_ = std::move(more);
      break;
    }
    batch.push_back(std::move(more.front()));
  }
  return batch;
}

void run_in_parts(std::size_t total, const std::function<bool(std::size_t begin, std::size_t count)>& attempt) {
  std::size_t part = total;
  for (std::size_t begin = 0; begin < total;) {
    const auto count = std::min(part, total - begin);
    if (attempt(begin, count))
      begin += count;
    else
      part = (count + 1) / 2;
  }
}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error)) return true;
  // ATen's CPU allocator throws a plain error.
  const auto* other = dynamic_cast<const c10::Error*>(&error);
  return other && std::string_view(other->what_without_backtrace()).find("can't allocate memory") != std::string::npos;
}

}  // namespace lmms_eval::local
