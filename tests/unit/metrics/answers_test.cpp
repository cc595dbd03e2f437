// Metrics of short answers, boxes, transcripts and captions.
#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "metrics/caption_words.h"
#include "metrics/metric.h"
#include "metrics/whisper_normalizer.h"

namespace lmms_eval::metrics {
namespace {

using Texts = std::vector<std::string>;

Json value(const std::string& metric, const std::string& prediction, const Texts& references,
           const Json& arguments = Json::object()) {
  return find_metric(metric)->generation({{prediction}, references}, arguments);
}

// lmms_eval.tasks.chartqa.utils.relaxed_correctness
TEST(RelaxedAccuracy, TakesNumbersWithinFivePercent) {
  const auto right = [](const std::string& prediction, const std::string& target) {
    return value("relaxed_accuracy", prediction, {target}) == 1.0;
  };
  EXPECT_TRUE(right("1.04", "1"));
  EXPECT_FALSE(right("1.06", "1"));
  EXPECT_TRUE(right("50%", "0.5"));
  EXPECT_TRUE(right(" 1_000", "1e3"));
  EXPECT_FALSE(right("1,000", "1000"));
  EXPECT_TRUE(right("Yes", "yes"));
  EXPECT_FALSE(right("yes ", "yes"));
  EXPECT_FALSE(right("0.0", "0"));  // a target of 0 is compared as a text
  EXPECT_EQ(value("relaxed_accuracy", "1.06", {"1"}, {{"max_relative_change", 0.1}}), 1.0);
}

TEST(VqaAccuracy, CountsAThirdForEachOtherPersonWithTheAnswer) {
  const auto score = [](const std::string& prediction, const Texts& answers) {
    return value("vqa_accuracy", prediction, answers).get<double>();
  };
  EXPECT_DOUBLE_EQ(score("red", {"red", "red", "blue"}), (1.0 / 3 + 1.0 / 3 + 2.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(score("red", Texts(10, "red")), 1.0);
  EXPECT_EQ(score("red", {"blue"}), 0.0);
  EXPECT_EQ(score("red", {}), 0.0);
  EXPECT_DOUBLE_EQ(score("The Two dogs.", Texts(4, "2 dogs")), 1.0);
  EXPECT_DOUBLE_EQ(score("dont", Texts(4, "don't")), 1.0);
  EXPECT_EQ(value("vqa_accuracy", "Red", Texts(4, "red"), {{"normalizer", "none"}}), 0.0);
  EXPECT_THROW(find_metric("vqa_accuracy")->check({{"normalizer", "ful"}}), Error);
}

TEST(Levenshtein, CountsCharactersToTheNearestReference) {
  EXPECT_EQ(value("levenshtein", "kitten", {"sitting", "mitten"}), 1);
  EXPECT_EQ(value("levenshtein", "", {"\xc3\xa9t\xc3\xa9"}), 3);
  EXPECT_FALSE(find_metric("levenshtein")->higher_is_better);
}

TEST(Iou, DividesWhatLiesInBothByWhatLiesInEither) {
  const Texts target = {"0", "0", "2", "2"};
  EXPECT_DOUBLE_EQ(value("iou", "It is at [1, 0, 3, 2].", target).get<double>(), 2.0 / 6);
  EXPECT_EQ(value("iou", "[5, 5, 6, 6]", target), 0.0);
  EXPECT_EQ(value("iou", "nowhere", target), 0.0);
  EXPECT_EQ(value("iou", "[0, 0, 2, 2]", {"[0, 0, 2, 2]", "[5, 5, 6, 6]"}), 1.0);
  EXPECT_EQ(value("iou", "[1, 1, 1, 1]", {"[1, 1, 1, 1]"}), 0.0);
  EXPECT_THROW(value("iou", "[1, 1, 1, 1]", {"left"}), Error);
}

double rate(const std::string& name, const std::vector<Json>& values, const Json& arguments = Json::object()) {
  return find_aggregation(name)->aggregate(values, {.bootstrap_iters = 0, .arguments = arguments}).value;
}

TEST(WordErrorRate, DividesAllEditsByAllWords) {
  const std::vector<Json> values = {value("wer", "a b c", {"a x c d"}), value("wer", "a", {"a"})};
  EXPECT_EQ(values[0].dump(), "[2,4]");
  EXPECT_DOUBLE_EQ(rate("wer", values), 0.4);
  EXPECT_DOUBLE_EQ(rate("wer", values, {{"percent", true}}), 40.0);
  EXPECT_EQ(value("cer", "ab c", {"ab d"}).dump(), "[1,4]");
  EXPECT_EQ(value("wer", "a b", {"x y z", "a c"}).dump(), "[1,2]");
  EXPECT_THROW(rate("wer", {Json::array({1, 0})}), Error);
  EXPECT_THROW(find_metric("wer")->check({{"normalizer", "whisper"}}), Error);
}

TEST(WordErrorRate, NormalizesIfAskedTo) {
  const auto edits = [](const std::string& normalizer) {
    return value("wer", "<|en|>Mr. Grey isn't twenty-one !", {"mister gray is not 21"},
                 {{"normalizer", normalizer}})[0];
  };
  EXPECT_EQ(edits("lmms_eval_english"), 0);
  EXPECT_EQ(edits("whisper_english"), 0);
  EXPECT_NE(edits("whisper_basic"), 0);
}

// whisper.normalizers.EnglishTextNormalizer
TEST(Whisper, WritesNumbersInDigits) {
  const std::pair<const char*, const char*> kTexts[] = {{"twenty one million", "21000000"},
                                                        {"one oh one", "101"},
                                                        {"twenty first", "21st"},
                                                        {"two and a half million", "2500000"},
                                                        {"$20 million", "$20000000"},
                                                        {"two dollars and seven cents", "$2.07"},
                                                        {"ten per cent", "10%"},
                                                        {"double five", "55"},
                                                        {"nineteen ninety nine", "1999"},
                                                        {"a hundred and one cats", "a 101 cats"},
                                                        {"minus three point five", "-3.5"},
                                                        {"Colour, um, na\xc3\xafve [noise] (laughs)", "color naive"}};
  for (const auto& [text, normal] : kTexts) EXPECT_EQ(whisper_english(text), normal) << text;
}

// pycocoevalcap.cider.cider.Cider
TEST(Cider, WeighsRareWords) {
  const std::vector<Json> docs = {Json::array({{"a red bench in a park"}, "a red bench"}),
                                  Json::array({{"a dog runs", "the dog is running"}, "a dog runs"})};
  EXPECT_NEAR(rate("cider", docs), 4.122183098130269, 1e-9);
  EXPECT_EQ(rate("cider", {docs[0]}), 0.0);  // with one doc no word is rare
  EXPECT_EQ(value("cider", "A dog, isn't it?", {"A Dog."}).dump(), R"(["a dog","a dog is n't it"])");
}

TEST(CaptionWords, CutsAsTheTreebankAndLeavesOutPunctuation) {
  EXPECT_EQ(caption_words("A man's \"dogs\" can't -- cannot run (fast)..."),
            "a man 's dogs ca n't can not run -lrb- fast -rrb-");
  EXPECT_EQ(caption_words("U.S. t-shirt, 50% of $5 at 10:30 a.m."), "u.s. t-shirt 50 % of $ 5 at 10:30 a.m.");
}

}  // namespace
}  // namespace lmms_eval::metrics
