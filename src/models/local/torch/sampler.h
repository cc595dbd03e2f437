#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace lmms_eval::local {

/// How the next token is chosen, all defaults filled in.
struct SamplingOptions {
  int max_new_tokens = 1024;  ///< at least 1
  bool sample = false;        ///< false: the most likely token
  double temperature = 1.0;
  double top_p = 1.0;
  int top_k = 0;  ///< 0: no limit
  double repetition_penalty = 1.0;

  bool plain_greedy() const { return !sample && repetition_penalty == 1.0; }
};

/// Chooses tokens of one sequence: transformers' logits processors in their order (repetition penalty, temperature,
/// top-k, top-p), then the largest or a draw. Draws depend on the seed alone, not on what else is in the batch.
class Sampler {
 public:
  Sampler(const SamplingOptions& options, std::uint64_t seed);

  /// `logits` is changed; none is NaN and the largest is finite. `seen`: all tokens so far, prompt included.
  std::int32_t pick(std::span<float> logits, std::span<const std::int32_t> seen);

 private:
  SamplingOptions options_;
  std::mt19937_64 random_;
};

/// A seed for one request: the run's seed mixed with the request's place.
std::uint64_t request_seed(std::uint64_t seed, std::string_view task, std::int64_t doc_id, int index, int repeat);

}  // namespace lmms_eval::local
