#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace lmms_eval::local {

/// Keys and values of the tokens that a batch has seen, one pair of tensors a layer: [rows, kv_heads, capacity,
/// head_dim].
///
/// Rows end at the same column: a short prompt begins late, so that each decode step writes one column for all rows.
/// Memory is not initialised; PrefillPlan clears what lies before a row's begin.
class KvCache {
 public:
  KvCache(std::int64_t layers, std::int64_t rows, std::int64_t kv_heads, std::int64_t head_dim, std::int64_t capacity,
          const at::TensorOptions& options);

  const at::Tensor& keys(std::size_t layer) const { return keys_[layer]; }
  const at::Tensor& values(std::size_t layer) const { return values_[layer]; }
  std::int64_t capacity() const { return keys_.front().size(2); }
  std::int64_t rows() const { return keys_.front().size(0); }

  /// Makes room for at least `columns`, keeping what is there.
  void reserve(std::int64_t columns);
  /// Keeps the given rows, in their order.
  void keep_rows(const at::Tensor& rows);

 private:
  std::vector<at::Tensor> keys_, values_;
};

/// How the tokens of one forward pass see each other and the past. The decoder calls it once a layer.
class AttentionPlan {
 public:
  virtual ~AttentionPlan() = default;
  /// q: [tokens, heads, d] and k: [tokens, kv_heads, d] with their positions, v: as k. Returns [tokens, heads * d].
  virtual at::Tensor attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) = 0;
};

/// Tokens of one sequence within a pass over several, one after the other without padding.
struct Segment {
  std::int64_t length = 0;
  std::int64_t row = 0;     ///< in the cache
  std::int64_t column = 0;  ///< prefill: where its first token is stored; continue: how many tokens of the row it sees
};

/// Whole prompts: causal within each, stored to the cache. The columns before a row's begin become zeros: decoding
/// reads them under a mask of -inf, which hides a number but neither a NaN nor an infinity.
class PrefillPlan final : public AttentionPlan {
 public:
  PrefillPlan(KvCache& cache, std::vector<Segment> segments);
  at::Tensor attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override;

 private:
  void clear_before(std::size_t layer);
  at::Tensor attend_together(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);

  KvCache& cache_;
  std::vector<Segment> segments_;
  bool uniform_ = true;  ///< equal lengths, rows 0.., the same column: one call instead of one a row
};

/// Continuations of cached rows (several may continue one row), causal, not stored.
class ContinuePlan final : public AttentionPlan {
 public:
  ContinuePlan(const KvCache& cache, std::vector<Segment> segments);
  at::Tensor attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override;

 private:
  const KvCache& cache_;
  std::vector<Segment> segments_;
};

/// One new token for each row of the cache.
class DecodePlan final : public AttentionPlan {
 public:
  /// `mask`: undefined, or additive [rows, 1, 1, column + 1] that hides the columns before a row's first token.
  DecodePlan(KvCache& cache, std::int64_t column, at::Tensor mask);
  at::Tensor attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) override;

 private:
  KvCache& cache_;
  std::int64_t column_;
  at::Tensor mask_;
};

}  // namespace lmms_eval::local
