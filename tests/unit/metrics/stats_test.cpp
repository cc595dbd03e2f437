#include "metrics/stats.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lmms_eval::stats {
namespace {

std::vector<double> fractions() {
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) values.push_back(((i * 37) % 101) / 101.0);
  return values;
}

// Python: math.sqrt(sum([(x - mu) ** 2 for x in xs]) / (n - 1)) / math.sqrt(n)
TEST(Stats, MeanStderrIsPythonsToTheLastBit) {
  std::vector<double> hits(24, 0.0);
  std::fill(hits.begin(), hits.begin() + 17, 1.0);
  EXPECT_EQ(mean_stderr(hits), 0.09477598811252413);
  EXPECT_EQ(mean_stderr(fractions()), 0.01669829693626176);
}

// numpy.std(xs, ddof=1) / numpy.sqrt(n), which sums in another order.
TEST(Stats, CltStderrIsNumpysToTheLastBit) {
  EXPECT_EQ(clt_stderr(fractions()), 0.016698296936261764);
  std::vector<double> tenths;
  for (int i = 0; i < 13; ++i) tenths.push_back(0.1 * i);
  EXPECT_EQ(clt_stderr(tenths), 0.10801234497346435);
}

TEST(Stats, OneValueHasNoError) {
  const std::vector<double> one = {0.5};
  EXPECT_EQ(mean(one), 0.5);
  EXPECT_FALSE(mean_stderr(one));
  EXPECT_FALSE(clt_stderr(one));
  EXPECT_FALSE(bootstrap_stderr([](std::span<const std::uint32_t>) { return 1.0; }, 1, 1000));
}

TEST(Stats, ClusteredStderrIsLargerWhenClustersAgree) {
  const std::vector<double> values = {1, 1, 0, 0};
  const std::vector<std::string> clusters = {"a", "a", "b", "b"};
  // SE^2 = (1/3)/4, cross terms = (2*0.25 + 2*0.25)/16
  EXPECT_DOUBLE_EQ(*clustered_stderr(values, clusters), std::sqrt(1.0 / 12 + 1.0 / 16));
}

TEST(Stats, ClusteredStderrIsSmallerWhenClustersDisagree) {
  const std::vector<double> values = {1, 0, 0.5, 0.5, 0.5};
  EXPECT_DOUBLE_EQ(*clustered_stderr(values, std::vector<std::string>{"a", "a", "b", "c", "d"}),
                   std::sqrt(0.5 / 4 / 5 - 0.5 / 25));
}

TEST(Stats, ClusteredStderrNeedsTwoClusters) {
  EXPECT_FALSE(clustered_stderr(std::vector<double>{1, 0, 1}, std::vector<std::string>(3, "a")));
  EXPECT_FALSE(clustered_stderr(std::vector<double>{1}, std::vector<std::string>{"a"}));
}

// Python: chunks of 1,000, chunk i drawn by random.Random(i).choices
TEST(Stats, BootstrapDrawsAsLmmsEvalDoes) {
  const std::vector<double> values = {-0.5, -1.25, -0.125, -2.0, -0.75};
  const auto perplexity = [&](std::span<const std::uint32_t> picks) {
    double sum = 0;
    for (const auto pick : picks) sum += values[pick];
    return std::exp(-sum / static_cast<double>(picks.size()));
  };
  EXPECT_DOUBLE_EQ(*bootstrap_stderr(perplexity, values.size(), 2000), 0.8126815743593051);
  const auto median = [&](std::span<const std::uint32_t> picks) { return values[picks[picks.size() / 2]]; };
  EXPECT_DOUBLE_EQ(*bootstrap_stderr(median, values.size(), 2000), 0.6456856956048767);
}

// lm_eval.api.metrics.pooled_sample_stderr, unweighted_mean_stderr
TEST(Stats, GroupsPoolTheErrorsOfTheirTasks) {
  const std::vector<double> errors = {0.1, 0.2}, sizes = {10, 30};
  EXPECT_DOUBLE_EQ(*pooled_stderr(errors, sizes), std::sqrt((9 * 0.01 * 10 + 29 * 0.04 * 30) / 38 / 40));
  EXPECT_DOUBLE_EQ(unweighted_mean_stderr(errors), std::sqrt(0.05) / 2);
  EXPECT_FALSE(pooled_stderr(std::vector<double>{0.1}, std::vector<double>{1}));
}

TEST(Stats, ConfidenceIntervalsUseTheNormalDistribution) {
  const auto interval = confidence_interval(0.5, 0.1);
  EXPECT_NEAR(interval.low, 0.5 - 0.1959963984540054, 1e-12);
  EXPECT_NEAR(interval.high, 0.5 + 0.1959963984540054, 1e-12);
}

// lmms_eval.api.metrics.expected_accuracy and the like
TEST(Stats, StabilityLooksAtTheRepeatsOfEachDoc) {
  const std::vector<std::vector<double>> docs = {{1, 1, 0}, {0, 0, 0}, {1}};
  const auto result = stability(docs);
  EXPECT_DOUBLE_EQ(result.expected_accuracy, 3.0 / 7);
  EXPECT_DOUBLE_EQ(result.consensus_accuracy, 2.0 / 3);
  EXPECT_DOUBLE_EQ(result.internal_variance, (1.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(result.consistency_rate, 2.0 / 3);
  EXPECT_TRUE(std::isnan(stability({}).expected_accuracy));
}

}  // namespace
}  // namespace lmms_eval::stats
