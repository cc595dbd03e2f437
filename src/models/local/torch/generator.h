#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lmms_eval/request.h"
#include "models/local/torch/family.h"
#include "models/local/torch/prompt.h"
#include "models/local/torch/sampler.h"

namespace lmms_eval::local {

struct Generated {
  std::vector<std::int32_t> ids;  ///< without the end token
  FinishReason reason = FinishReason::stop;
  std::string error;  ///< why there is no answer; empty when there is one
};

struct Likelihood {
  double logprob = 0.0;  ///< natural log, summed over the continuation; not finite where the model's logits are not
  bool is_greedy = true;
};

/// Runs prompts through a family: whole batches, without padding in the prompts, each row as if it were alone.
///
/// One thread. Picture features are made on first use and stay with their StoredImage.
class Generator {
 public:
  Generator(const Family& family, std::vector<std::int64_t> end_ids);

  /// `seeds`: one a prompt, used when sampling. A prompt whose logits are not finite gets an error, the others go on.
  std::vector<Generated> generate(std::span<const Prompt* const> prompts, const SamplingOptions& options,
                                  std::span<const std::uint64_t> seeds) const;
  /// Prompts with the same context share its computation.
  std::vector<Likelihood> score(std::span<const Prompt* const> prompts) const;
  /// Logits at every position of one prompt, f32 [tokens, vocab]: for comparing with other implementations.
  at::Tensor all_logits(const Prompt& prompt) const;

 private:
  class Run;
  class Scoring;

  void encode_pictures(std::span<const Prompt* const> prompts) const;
  at::Tensor embed(std::span<const Prompt* const> prompts, std::span<const std::size_t> lengths) const;
  at::Tensor prefill(std::span<const Prompt* const> prompts, std::span<const std::size_t> lengths, KvCache& cache,
                     std::span<const std::int64_t> columns) const;
  bool is_end(std::int32_t id) const;

  const Family& family_;
  const Decoder& decoder_;
  std::vector<std::int64_t> end_ids_;
};

}  // namespace lmms_eval::local
