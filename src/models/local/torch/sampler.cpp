#include "models/local/torch/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "base/hash.h"

namespace lmms_eval::local {
namespace {

void penalise(std::span<float> logits, std::span<const std::int32_t> seen, float penalty) {
  const std::unordered_set<std::int32_t> distinct(seen.begin(), seen.end());
  for (const auto id : distinct)
    if (static_cast<std::size_t>(id) < logits.size())
      logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
}

/// Candidates by falling logit, cut to the k largest (and those equal to the k-th).
std::vector<std::int32_t> top_candidates(std::span<const float> logits, int top_k) {
  std::vector<std::int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto larger = [&](std::int32_t a, std::int32_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  };
  if (top_k > 0 && static_cast<std::size_t>(top_k) < ids.size()) {
    std::nth_element(ids.begin(), ids.begin() + top_k - 1, ids.end(), larger);
    const float least = logits[ids[top_k - 1]];
    std::erase_if(ids, [&](std::int32_t id) { return logits[id] < least; });
  }
  std::sort(ids.begin(), ids.end(), larger);
  return ids;
}

/// How many candidates, from the most likely on, are kept: the least likely go as long as they sum to at most 1 -
/// top_p.
std::size_t nucleus_size(std::span<const double> probabilities, double top_p) {
  double dropped = 0;
  std::size_t kept = probabilities.size();
  while (kept > 1 && dropped + probabilities[kept - 1] <= 1.0 - top_p) dropped += probabilities[--kept];
  return kept;
}

}  // namespace

Sampler::Sampler(const SamplingOptions& options, std::uint64_t seed) : options_(options), random_(seed) {}

std::int32_t Sampler::pick(std::span<float> logits, std::span<const std::int32_t> seen) {
  if (options_.repetition_penalty != 1.0) penalise(logits, seen, static_cast<float>(options_.repetition_penalty));
  if (!options_.sample)
    return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  // Differences to the largest, with a bound: a tiny temperature gives neither infinities nor NaN.
  const float largest = *std::max_element(logits.begin(), logits.end());
  for (auto& logit : logits)
    logit = static_cast<float>(std::max(-1e30, static_cast<double>(logit - largest) / options_.temperature));
  const auto ids = top_candidates(logits, options_.top_k);
  std::vector<double> probabilities(ids.size());
  double sum = 0;
  for (std::size_t i = 0; i < ids.size(); ++i)
    sum += probabilities[i] = std::exp(static_cast<double>(logits[ids[i]]) - logits[ids[0]]);
  for (auto& probability : probabilities) probability /= sum;
  const auto kept = options_.top_p < 1.0 ? nucleus_size(probabilities, options_.top_p) : ids.size();
  const double total =
      std::accumulate(probabilities.begin(), probabilities.begin() + static_cast<std::ptrdiff_t>(kept), 0.0);
  double left = static_cast<double>(random_() >> 11) * 0x1.0p-53 * total;
  for (std::size_t i = 0; i + 1 < kept; ++i) {
    left -= probabilities[i];
    if (left < 0) return ids[i];
  }
  return ids[kept - 1];
}

std::uint64_t request_seed(std::uint64_t seed, std::string_view task, std::int64_t doc_id, int index, int repeat) {
  const auto digest = sha256_hex(fmt::format("{}|{}|{}|{}|{}", seed, task, doc_id, index, repeat));
  return std::stoull(digest.substr(0, 16), nullptr, 16);
}

}  // namespace lmms_eval::local
