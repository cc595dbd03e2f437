#include <gtest/gtest.h>

#include <cmath>

#include "lmms_eval/error.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

MetricAggregate aggregate(const std::string& name, const std::vector<Json>& values, int bootstrap_iters = 100) {
  return find_aggregation(name)->aggregate(values, bootstrap_iters);
}

TEST(Aggregation, MeanCountsBooleansAndHasTwoErrors) {
  const auto result = aggregate("mean", {1.0, true, 0, false});
  EXPECT_EQ(result.value, 0.5);
  EXPECT_DOUBLE_EQ(*result.stderr_value, std::sqrt(1.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(*result.stderr_clt, std::sqrt(1.0 / 3) / 2);
  EXPECT_FALSE(result.stderr_clustered);
  EXPECT_FALSE(aggregate("mean", {1.0, 0.0}, 0).stderr_value);
  EXPECT_FALSE(aggregate("mean", {1.0}).stderr_value);
}

TEST(Aggregation, MeanRefusesWhatIsNoNumber) {
  EXPECT_THROW(aggregate("mean", {1.0, "x"}), Error);
  EXPECT_THROW(aggregate("mean", {nullptr}), Error);
}

TEST(Aggregation, MedianIsTheMiddleElementUnsorted) {
  EXPECT_EQ(aggregate("median", {5.0, 1.0, 9.0, 2.0}).value, 9.0);
  EXPECT_EQ(aggregate("median", {7.0}).value, 7.0);
}

TEST(Aggregation, PerplexityIsExpOfTheNegatedMean) {
  const auto result = aggregate("perplexity", {-1.0, -3.0});
  EXPECT_DOUBLE_EQ(result.value, std::exp(2.0));
  EXPECT_TRUE(result.stderr_value);
}

TEST(Aggregation, BypassIs999WithoutErrors) {
  const auto result = aggregate("bypass", {Json::array({"a", "b"})});
  EXPECT_EQ(result.value, 999);
  EXPECT_FALSE(result.stderr_value);
  EXPECT_FALSE(result.stderr_clt);
}

Json pair(int gold, int predicted) { return Json::array({gold, predicted}); }

// sklearn.metrics.f1_score, matthews_corrcoef
TEST(Aggregation, F1AndMatthewsAreScikitLearns) {
  const std::vector<Json> two = {pair(1, 1), pair(1, 0), pair(0, 1), pair(0, 0), pair(1, 1)};
  EXPECT_DOUBLE_EQ(aggregate("f1", two).value, 2.0 / 3);
  EXPECT_DOUBLE_EQ(aggregate("matthews_corrcoef", two).value, 1.0 / 6);
  EXPECT_EQ(aggregate("f1", {pair(0, 0)}).value, 0.0);
  EXPECT_EQ(aggregate("matthews_corrcoef", {pair(1, 0), pair(1, 1)}).value, 0.0);
  EXPECT_DOUBLE_EQ(aggregate("matthews_corrcoef", {pair(0, 0), pair(1, 1), pair(2, 1)}).value,
                   3.0 / std::sqrt(6.0 * 4.0));
  EXPECT_THROW(aggregate("f1", {pair(2, 1)}), Error);
}

TEST(Aggregation, UnknownNamesAreNotFound) {
  EXPECT_EQ(find_aggregation("maen"), nullptr);
  EXPECT_TRUE(is_known_elsewhere("bleu"));
  EXPECT_FALSE(is_known_elsewhere("maen"));
}

}  // namespace
}  // namespace lmms_eval::metrics
