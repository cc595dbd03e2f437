#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

Json doc(const Json& references, const std::string& hypothesis) { return Json::array({references, hypothesis}); }

double score(const std::string& name, const std::vector<Json>& docs, const Json& arguments = Json::object()) {
  return find_aggregation(name)->aggregate(docs, {.bootstrap_iters = 0, .arguments = arguments}).value;
}

const std::vector<Json> kTwo = {doc("the cat is on the mat.", "the cat sat on the mat."),
                                doc("the dog ran fast", "a dog ran, quickly")};
const std::vector<Json> kOne = {kTwo[1]};

// sacrebleu 2.6.0
TEST(Translation, BleuIsSacrebleus) {
  EXPECT_DOUBLE_EQ(score("bleu", kTwo), 34.32945239845197);
  EXPECT_DOUBLE_EQ(score("bleu", kOne, {{"smooth_method", "floor"}}), 11.36219366467499);
  EXPECT_DOUBLE_EQ(score("bleu", kOne, {{"effective_order", true}}), 21.3643503198117);
  EXPECT_EQ(score("bleu", {doc("a b c d", "")}), 0.0);
  EXPECT_DOUBLE_EQ(score("bleu", {doc({"x", "a b c d"}, "a b c d")}), 100.0);
  EXPECT_DOUBLE_EQ(score("bleu", {doc("A B C D", "a b c d")}, {{"lowercase", true}}), 100.0);
}

TEST(Translation, ChrfIsSacrebleus) {
  EXPECT_DOUBLE_EQ(score("chrf", kTwo), 52.038612005918814);
  EXPECT_DOUBLE_EQ(score("chrf++", kTwo), 54.751714196596524);
  EXPECT_DOUBLE_EQ(score("chrf", kTwo, {{"word_order", 2}}), 54.751714196596524);
  EXPECT_EQ(score("chrf", {doc("", "")}), 0.0);
}

TEST(Translation, TerCountsAMoveAsOneEdit) {
  EXPECT_DOUBLE_EQ(score("ter", {doc("a b c d", "b c d a")}), 25.0);
  EXPECT_DOUBLE_EQ(score("ter", kTwo), 40.0);
  EXPECT_EQ(score("ter", {doc("", "x")}), 100.0);
  EXPECT_EQ(score("ter", {doc("", "")}), 0.0);
}

TEST(Translation, BootstrapsAtMostAHundredTimes) {
  const auto error = [](int iterations) {
    return find_aggregation("bleu")->aggregate(kTwo, {.bootstrap_iters = iterations}).stderr_value;
  };
  EXPECT_EQ(error(100000), error(100));
  EXPECT_NE(error(100000), error(50));
  EXPECT_FALSE(error(0));
}

TEST(Translation, UsesAsManyReferencesAsEveryDocHas) {
  EXPECT_EQ(score("bleu", {doc({"x y z w", "a b c d"}, "a b c d"), doc("e", "e")}),
            score("bleu", {doc("x y z w", "a b c d"), doc("e", "e")}));
}

TEST(Translation, PairsTheReferencesWithTheAnswer) {
  const auto value = [](const GenerationAnswer& answer) { return find_metric("chrf")->generation(answer, {}).dump(); };
  EXPECT_EQ(value({{"x"}, {"y"}}), R"(["y","x"])");
  EXPECT_EQ(value({{"x"}, {"y", "z"}}), R"([["y","z"],"x"])");
  EXPECT_THROW(value({{"x", "w"}, {"y"}}), Error);
}

TEST(Translation, RefusesValuesAndArgumentsThatDoNotFit) {
  EXPECT_THROW(score("bleu", {1.0}), Error);
  EXPECT_THROW(score("bleu", {doc(Json::array(), "x")}), Error);
  EXPECT_THROW(find_metric("bleu")->check({{"tokenize", "13b"}}), Error);
  EXPECT_THROW(find_metric("bleu")->check({{"smooth_method", "add"}}), Error);
  EXPECT_THROW(find_metric("bleu")->check({{"max_ngram_order", 0}}), Error);
  EXPECT_THROW(find_metric("chrf")->check({{"beta", "2"}}), Error);
  EXPECT_THROW(find_metric("ter")->check({{"normalized", 1}}), Error);
  EXPECT_FALSE(find_metric("ter")->higher_is_better);
}

}  // namespace
}  // namespace lmms_eval::metrics
