#include <gtest/gtest.h>

#include <cmath>

#include "lmms_eval/error.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

MetricAggregate aggregate(const std::string& name, const std::vector<Json>& values, int bootstrap_iters = 100) {
  return find_aggregation(name)->aggregate(values, {.bootstrap_iters = bootstrap_iters});
}

TEST(Aggregation, MeanCountsBooleans) {
  const auto result = aggregate("mean", {1.0, true, 0, false});
  EXPECT_EQ(result.value, 0.5);
  EXPECT_DOUBLE_EQ(*result.stderr_value, std::sqrt(1.0 / 3) / 2);
  EXPECT_FALSE(aggregate("mean", {1.0, 0.0}, 0).stderr_value);
  EXPECT_FALSE(aggregate("mean", {1.0}).stderr_value);
}

TEST(Aggregation, MeanRefusesWhatIsNoNumber) {
  EXPECT_THROW(aggregate("mean", {1.0, "x"}), Error);
  EXPECT_THROW(aggregate("mean", {nullptr}), Error);
}

TEST(Aggregation, MedianIsTheUpperMiddleAndUnsortedInLmmsEval) {
  const std::vector<Json> values = {5.0, 1.0, 9.0, 2.0};
  EXPECT_EQ(aggregate("median", values).value, 5.0);
  EXPECT_EQ(find_aggregation("median")->aggregate(values, {.as_lmms_eval_07 = true}).value, 9.0);
  EXPECT_EQ(aggregate("median", {7.0}).value, 7.0);
  EXPECT_EQ(aggregate("median", {2.0, 2.0, 1.0}).value, 2.0);
}

TEST(Aggregation, SumsAndMeansLeaveOutNaN) {
  const double nan = std::nan("");
  EXPECT_EQ(aggregate("sum", {1.0, nan, 4.5}).value, 5.5);
  EXPECT_EQ(aggregate("nanmean", {1.0, nan, 4.0}).value, 2.5);
  EXPECT_TRUE(std::isnan(aggregate("nanmean", {nan, nan}, 0).value));
  EXPECT_TRUE(std::isnan(aggregate("mean", {1.0, nan}).value));
}

TEST(Aggregation, WeightedMeansDivideTheSums) {
  const std::vector<Json> pairs = {Json::array({-4.0, 2}), Json::array({-2.0, 1})};
  EXPECT_EQ(aggregate("weighted_mean", pairs).value, -2.0);
  EXPECT_DOUBLE_EQ(aggregate("weighted_perplexity", pairs).value, std::exp(2.0));
  EXPECT_DOUBLE_EQ(aggregate("bits_per_byte", pairs).value, 2.0 / std::log(2.0));
  EXPECT_FALSE(aggregate("weighted_perplexity", pairs).stderr_value);
  EXPECT_THROW(aggregate("weighted_mean", {1.0}), Error);
}

TEST(Aggregation, BrierScoreIsTheSquaredDistanceFromCertainty) {
  const std::vector<Json> docs = {Json::array({0, {1.0, 0.0}}), Json::array({1, {0.5, 0.5}})};
  EXPECT_DOUBLE_EQ(aggregate("brier_score", docs).value, 0.25);
  EXPECT_THROW(aggregate("brier_score", {Json::array({2, {0.5, 0.5}})}), Error);
}

TEST(Aggregation, AccAllCountsAQuestionIfAllItsDocsAreRight) {
  const auto doc = [](int paragraph, int question, int label, bool prediction) {
    return Json::array({prediction, {{"idx", {{"paragraph", paragraph}, {"question", question}}}, {"label", label}}});
  };
  const std::vector<Json> docs = {doc(1, 1, 1, true), doc(1, 1, 0, false), doc(1, 2, 1, true), doc(1, 2, 0, true),
                                  doc(2, 1, 1, false)};
  EXPECT_DOUBLE_EQ(aggregate("acc_all", docs).value, 1.0 / 3);
  EXPECT_DOUBLE_EQ(*aggregate("acc_all", docs).stderr_value, 0.0);
  EXPECT_THROW(aggregate("acc_all", {1.0}), Error);
}

MetricAggregate errors_over_docs(const std::vector<Json>& values, const std::string& cluster_key) {
  MetricAggregate result;
  add_errors_over_docs(values, "score", cluster_key, result);
  return result;
}

TEST(Aggregation, ErrorsOverDocsTakeNumbersAndScoresOfObjects) {
  EXPECT_DOUBLE_EQ(*errors_over_docs({1.0, true, 0, false}, "").stderr_clt, std::sqrt(1.0 / 3) / 2);
  EXPECT_FALSE(errors_over_docs({1.0, "text", Json::array({1, 2})}, "").stderr_clt);
  const auto doc = [](double score, const Json& video) { return Json{{"score", score}, {"video", video}}; };
  const std::vector<Json> docs = {doc(1, "a"), doc(1, "a"), doc(0, "b"), doc(0, "b")};
  EXPECT_DOUBLE_EQ(*errors_over_docs(docs, "video").stderr_clustered, std::sqrt(1.0 / 12 + 1.0 / 16));
  EXPECT_FALSE(errors_over_docs(docs, "").stderr_clustered);
  EXPECT_FALSE(errors_over_docs({doc(1, "a"), doc(0, "a")}, "video").stderr_clustered);
  EXPECT_FALSE(errors_over_docs({doc(1, "a"), doc(0, nullptr)}, "video").stderr_clustered);
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
  EXPECT_TRUE(is_known_elsewhere("bleurt"));
  EXPECT_FALSE(is_known_elsewhere("maen"));
}

}  // namespace
}  // namespace lmms_eval::metrics
