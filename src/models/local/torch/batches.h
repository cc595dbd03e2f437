#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <vector>

#include "lmms_eval/model.h"

namespace lmms_eval::local {

/// Cuts a stream into batches of one request type. Log-likelihood batches are counted in docs, so that the choices of
/// one share its context.
class BatchPuller {
 public:
  /// The requests of one batch of `size`; none when there is nothing to pull now. Every request pulled from the stream
  /// comes out of some call.
  std::vector<StreamedRequest> pull(RequestStream& stream, std::size_t size);

 private:
  std::vector<StreamedRequest> held_back_;  ///< pulled, but of the next batch
};

/// Calls `attempt(begin, count)` for parts that make up [0, total): the whole, or, once an attempt returned false for
/// want of memory, parts of half that size. An attempt on one item must not return false.
void run_in_parts(std::size_t total, const std::function<bool(std::size_t begin, std::size_t count)>& attempt);

/// True for what ATen and the standard library throw when memory runs out, on a CPU or a GPU.
bool is_out_of_memory(const std::exception& error);

}  // namespace lmms_eval::local
