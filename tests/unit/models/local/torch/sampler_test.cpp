#include "models/local/torch/sampler.h"

#include <gtest/gtest.h>

#include <map>

namespace lmms_eval::local {
namespace {

std::map<std::int32_t, int> draw(const SamplingOptions& options, const std::vector<float>& logits, int draws) {
  std::map<std::int32_t, int> counts;
  Sampler sampler(options, 11);
  for (int i = 0; i < draws; ++i) {
    auto copy = logits;
    ++counts[sampler.pick(copy, {})];
  }
  return counts;
}

TEST(Sampler, TakesTheFirstOfTheLargestWhenGreedy) {
  std::vector<float> logits = {1, 5, 5, 2};
  EXPECT_EQ(Sampler({}, 0).pick(logits, {}), 1);
}

TEST(Sampler, DividesPositiveAndMultipliesNegativeLogitsOfSeenTokensOnce) {
  SamplingOptions options;
  options.repetition_penalty = 2.0;
  std::vector<float> logits = {4, 3, -1, -1.5};
  const std::vector<std::int32_t> seen = {0, 0, 2};
  EXPECT_EQ(Sampler(options, 0).pick(logits, seen), 1);
  EXPECT_EQ(logits, (std::vector<float>{2, 3, -2, -1.5}));
}

TEST(Sampler, DrawsInProportion) {
  SamplingOptions options;
  options.sample = true;
  // softmax(log 1, log 3, log 6) = 0.1, 0.3, 0.6
  const auto counts = draw(options, {0.0f, 1.0986123f, 1.7917595f}, 20000);
  EXPECT_NEAR(counts.at(0) / 20000.0, 0.1, 0.01);
  EXPECT_NEAR(counts.at(1) / 20000.0, 0.3, 0.01);
  EXPECT_NEAR(counts.at(2) / 20000.0, 0.6, 0.01);
}

TEST(Sampler, SharpensByTemperature) {
  SamplingOptions options;
  options.sample = true;
  options.temperature = 0.5;
  // Squares of 0.1, 0.3, 0.6, scaled to sum to one.
  const auto counts = draw(options, {0.0f, 1.0986123f, 1.7917595f}, 20000);
  EXPECT_NEAR(counts.at(2) / 20000.0, 0.36 / 0.46, 0.012);
}

TEST(Sampler, KeepsTheTopKAndTheirEquals) {
  SamplingOptions options;
  options.sample = true;
  options.top_k = 2;
  const auto counts = draw(options, {1, 3, 2, 2, 0}, 2000);
  EXPECT_EQ(counts.size(), 3u);
  EXPECT_TRUE(counts.count(1) && counts.count(2) && counts.count(3));
}

TEST(Sampler, DropsTheTailThatFitsInOneMinusTopP) {
  SamplingOptions options;
  options.sample = true;
  options.top_p = 0.85;  // of 0.1, 0.3, 0.6 the least likely goes
  const auto counts = draw(options, {0.0f, 1.0986123f, 1.7917595f}, 2000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts.count(0), 0u);
  options.top_p = 0.01;
  EXPECT_EQ(draw(options, {0.0f, 1.0986123f, 1.7917595f}, 100).at(2), 100);
}

TEST(Sampler, TakesTheLargestAtATinyTemperature) {
  SamplingOptions options;
  options.sample = true;
  options.temperature = 1e-42;
  EXPECT_EQ(draw(options, {1.0f, 3.0f, -2.0f}, 50).at(1), 50);
}

TEST(Sampler, RepeatsItselfForTheSameSeedOnly) {
  SamplingOptions options;
  options.sample = true;
  const auto sequence = [&](std::uint64_t seed) {
    Sampler sampler(options, seed);
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 32; ++i) {
      std::vector<float> logits(50, 0.0f);
      ids.push_back(sampler.pick(logits, {}));
    }
    return ids;
  };
  EXPECT_EQ(sequence(1), sequence(1));
  EXPECT_NE(sequence(1), sequence(2));
}

TEST(RequestSeed, DependsOnEveryPart) {
  const auto seed = request_seed(1, "t", 2, 3, 4);
  EXPECT_EQ(seed, request_seed(1, "t", 2, 3, 4));
  EXPECT_NE(seed, request_seed(2, "t", 2, 3, 4));
  EXPECT_NE(seed, request_seed(1, "u", 2, 3, 4));
  EXPECT_NE(seed, request_seed(1, "t", 3, 3, 4));
  EXPECT_NE(seed, request_seed(1, "t", 2, 4, 4));
  EXPECT_NE(seed, request_seed(1, "t", 2, 3, 5));
}

}  // namespace
}  // namespace lmms_eval::local
