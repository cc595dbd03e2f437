#include <gtest/gtest.h>

#include "metrics/metric.h"
#include "metrics/porter_stemmer.h"

namespace lmms_eval::metrics {
namespace {

const std::string kPrediction = "a cat runs\nit runs fast", kReference = "the cat ran\nit was running fast";

// rouge_score 0.1.2
TEST(Rouge, HasFourPartsEachAnFMeasure) {
  const Json values = find_metric("rouge")->generation({{kPrediction}, {kReference}}, {});
  EXPECT_DOUBLE_EQ(values["rouge1"].get<double>(), 0.4615384615384615);
  EXPECT_EQ(values["rouge2"], 0.0);
  EXPECT_DOUBLE_EQ(values["rougeL"].get<double>(), 0.4615384615384615);
  EXPECT_DOUBLE_EQ(values["rougeLsum"].get<double>(), 0.4615384615384615);
}

TEST(Rouge, StemsWordsIfAskedTo) {
  const Json arguments = {{"use_stemmer", true}};
  const auto value = [&](const std::string& name) {
    return find_metric(name)->generation({{kPrediction}, {kReference}}, arguments).get<double>();
  };
  EXPECT_DOUBLE_EQ(value("rouge1"), 0.6153846153846153);
  EXPECT_DOUBLE_EQ(value("rouge2"), 0.1818181818181818);
}

TEST(Rouge, TakesTheReferenceThatFitsBest) {
  EXPECT_EQ(find_metric("rougeL")->generation({{"a b"}, {"c", "b a b"}}, {}), 0.8);
  EXPECT_EQ(find_metric("rougeL")->generation({{""}, {"c"}}, {}), 0.0);
}

// nltk.stem.porter.PorterStemmer
TEST(PorterStemmer, FollowsNltksExtensions) {
  const std::pair<const char*, const char*> kStems[] = {
      {"caresses", "caress"},  {"ponies", "poni"},    {"dies", "die"},        {"agreed", "agre"},
      {"feed", "feed"},        {"hopping", "hop"},    {"falling", "fall"},    {"filing", "file"},
      {"happy", "happi"},      {"enjoy", "enjoy"},    {"died", "die"},        {"skies", "sky"},
      {"relational", "relat"}, {"geology", "geolog"}, {"rational", "ration"}, {"adoption", "adopt"},
      {"controll", "control"}, {"hopefully", "hope"}, {"news", "news"},       {"radically", "radic"}};
  for (const auto& [word, stem] : kStems) EXPECT_EQ(porter_stem(word), stem) << word;
}

}  // namespace
}  // namespace lmms_eval::metrics
