#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "models/local/torch/kv_cache.h"
#include "models/local/torch/layers.h"

namespace lmms_eval::local {
namespace {

constexpr std::int64_t kHeads = 4, kKvHeads = 2, kWidth = 8;

/// softmax(q k^T / sqrt(d)) v of one sequence by definition, [tokens, heads * d].
at::Tensor plain(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  std::vector<at::Tensor> heads;
  const auto tokens = k.size(0), queries = q.size(0);
  const auto hidden = at::full({queries, tokens}, -INFINITY).triu(tokens - queries + 1);
  for (std::int64_t head = 0; head < kHeads; ++head) {
    const auto shared = head / (kHeads / kKvHeads);
    const auto scores =
        at::matmul(q.select(1, head), k.select(1, shared).t()) / std::sqrt(static_cast<double>(kWidth)) + hidden;
    heads.push_back(at::matmul(at::softmax(scores, -1), v.select(1, shared)));
  }
  return at::cat(heads, -1);
}

struct Tokens {
  explicit Tokens(std::int64_t n)
      : q(at::randn({n, kHeads, kWidth})), k(at::randn({n, kKvHeads, kWidth})), v(at::randn({n, kKvHeads, kWidth})) {}
  at::Tensor q, k, v;
};

bool near(const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-4, 1e-5); }

TEST(PrefillPlan, KeepsSequencesApartWhateverTheirLengths) {
  for (const auto& lengths : {std::vector<std::int64_t>{5, 5}, {3, 7}, {1, 4}}) {
    const Tokens a(lengths[0]), b(lengths[1]);
    const auto end = std::max(lengths[0], lengths[1]);
    KvCache cache(1, 2, kKvHeads, kWidth, end, at::kFloat);
    PrefillPlan plan(cache, {{lengths[0], 0, end - lengths[0]}, {lengths[1], 1, end - lengths[1]}});
    const auto seen = plan.attend(0, at::cat({a.q, b.q}), at::cat({a.k, b.k}), at::cat({a.v, b.v}));
    EXPECT_TRUE(near(seen.narrow(0, 0, lengths[0]), plain(a.q, a.k, a.v)));
    EXPECT_TRUE(near(seen.narrow(0, lengths[0], lengths[1]), plain(b.q, b.k, b.v)));
    EXPECT_TRUE(near(cache.keys(0)[1].narrow(1, end - lengths[1], lengths[1]).transpose(0, 1), b.k));
  }
}

TEST(DecodePlan, SeesTheWholeRowAndNothingBeforeItsBegin) {
  const Tokens a(4), b(7);
  KvCache cache(1, 2, kKvHeads, kWidth, 6, at::kFloat);
  cache.keys(0).fill_(NAN);  // what memory held before must not matter
  cache.values(0).fill_(NAN);
  const auto head = [](const at::Tensor& x, std::int64_t n) { return x.narrow(0, 0, n); };
  PrefillPlan prefill(cache, {{3, 0, 3}, {6, 1, 0}});
  prefill.attend(0, at::cat({head(a.q, 3), head(b.q, 6)}), at::cat({head(a.k, 3), head(b.k, 6)}),
                 at::cat({head(a.v, 3), head(b.v, 6)}));
  cache.reserve(7);
  auto mask = at::zeros({2, 1, 1, 7});
  mask[0].narrow(-1, 0, 3).fill_(-INFINITY);
  DecodePlan decode(cache, 6, mask);
  const auto seen =
      decode.attend(0, at::stack({a.q[3], b.q[6]}), at::stack({a.k[3], b.k[6]}), at::stack({a.v[3], b.v[6]}));
  EXPECT_TRUE(near(seen[0], plain(a.q, a.k, a.v)[3]));
  EXPECT_TRUE(near(seen[1], plain(b.q, b.k, b.v)[6]));
}

TEST(ContinuePlan, LetsSeveralContinueOneRowWithoutSeeingEachOther) {
  const Tokens shared(4), one(1), three(3);
  KvCache cache(1, 1, kKvHeads, kWidth, 9, at::kFloat);
  PrefillPlan prefill(cache, {{4, 0, 0}});
  prefill.attend(0, shared.q, shared.k, shared.v);
  ContinuePlan plan(cache, {{1, 0, 4}, {3, 0, 4}});
  const auto seen = plan.attend(0, at::cat({one.q, three.q}), at::cat({one.k, three.k}), at::cat({one.v, three.v}));
  const auto expect = [&](const Tokens& own) {
    return plain(own.q, at::cat({shared.k, own.k}), at::cat({shared.v, own.v}));
  };
  EXPECT_TRUE(near(seen.narrow(0, 0, 1), expect(one)));
  EXPECT_TRUE(near(seen.narrow(0, 1, 3), expect(three)));
}

TEST(KvCache, KeepsRowsInOrderAndContentWhenItGrows) {
  KvCache cache(2, 3, 1, 2, 2, at::kFloat);
  for (std::int64_t row = 0; row < 3; ++row) cache.keys(1)[row].fill_(row);
  cache.keep_rows(at::tensor({2, 0}, at::kLong));
  cache.reserve(5);
  EXPECT_EQ(cache.rows(), 2);
  EXPECT_GE(cache.capacity(), 5);
  EXPECT_EQ(cache.keys(1)[0][0][1][1].item<float>(), 2);
  EXPECT_EQ(cache.keys(1)[1][0][0][0].item<float>(), 0);
}

}  // namespace
}  // namespace lmms_eval::local
