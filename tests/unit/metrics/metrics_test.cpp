#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

using Texts = std::vector<std::string>;

double score(const std::string& metric, const Texts& predictions, const Texts& references,
             const Json& arguments = Json::object()) {
  return find_metric(metric)->generation({predictions, references}, arguments).get<double>();
}

TEST(ExactMatch, ComparesElementByElementAndBroadcastsOneReference) {
  EXPECT_EQ(score("exact_match", {"a"}, {"a"}), 1.0);
  EXPECT_EQ(score("exact_match", {"a"}, {"A"}), 0.0);
  EXPECT_EQ(score("exact_match", {"a", "b"}, {"a"}), 0.5);
  EXPECT_EQ(score("exact_match", {"a", "b"}, {"a", "b"}), 1.0);
  EXPECT_THROW(score("exact_match", {"a", "b"}, {"a", "b", "c"}), Error);
}

TEST(ExactMatch, IgnoresWhatItIsToldTo) {
  EXPECT_EQ(score("exact_match", {"\xc3\x89T\xc3\x89"}, {"\xc3\xa9t\xc3\xa9"}, {{"ignore_case", true}}), 1.0);
  EXPECT_EQ(score("exact_match", {"a-b!"}, {"ab"}, {{"ignore_punctuation", true}}), 1.0);
  EXPECT_EQ(score("exact_match", {"a1"}, {"a23"}, {{"ignore_numbers", true}}), 1.0);
  EXPECT_EQ(score("exact_match", {"the  cat"}, {"cat"}, {{"regexes_to_ignore", {"the", "\\s"}}}), 1.0);
  EXPECT_EQ(score("exact_match", {"a1"}, {"a"}, {{"ignore_numbers", false}}), 0.0);
}

TEST(ExactMatch, ChecksItsArgumentsBeforeAnythingIsScored) {
  const auto check = find_metric("exact_match")->check;
  EXPECT_NO_THROW(check({{"ignore_case", true}, {"regexes_to_ignore", {"a+"}}}));
  EXPECT_THROW(check({{"ignore_case", "yes"}}), Error);
  EXPECT_THROW(check({{"regexes_to_ignore", "a"}}), Error);
  EXPECT_THROW(check({{"regexes_to_ignore", {"a("}}}), Error);
}

// lmms_eval.api.metrics.anls
TEST(Anls, IsTheBestSimilarityOverTheReferences) {
  EXPECT_EQ(score("anls", {"Hello  World"}, {"hello world"}), 1.0);
  EXPECT_DOUBLE_EQ(score("anls", {"abcd"}, {"abce", "zzzz"}), 0.75);
  EXPECT_EQ(score("anls", {"abcd"}, {"axyz"}), 0.0);  // 0.25 is below the threshold
  EXPECT_DOUBLE_EQ(score("anls", {"abcd"}, {"axyz"}, {{"thresh_hold", 0.2}}), 0.25);
  EXPECT_EQ(score("anls", {""}, {""}), 1.0);
}

TEST(Anls, DividesByTheRawLengthInUpperCase) {
  // distance 1 over len("  ab") = 4
  EXPECT_DOUBLE_EQ(score("anls", {"  ab"}, {"ac"}), 0.75);
  // len("STRASSE") = 7, not 6
  EXPECT_DOUBLE_EQ(score("anls",
                         {"stra\xc3\x9f"
                          "e"},
                         {"stra\xc3\x9f"
                          "a"}),
                   1.0 - 1.0 / 7);
}

TEST(Metrics, SayTheirDirectionAndAggregation) {
  EXPECT_TRUE(find_metric("acc")->higher_is_better);
  EXPECT_FALSE(find_metric("perplexity")->higher_is_better);
  EXPECT_EQ(find_metric("perplexity")->aggregation, "perplexity");
  EXPECT_EQ(find_metric("mcc")->aggregation, "matthews_corrcoef");
  EXPECT_EQ(find_metric("acurracy"), nullptr);
}

}  // namespace
}  // namespace lmms_eval::metrics
