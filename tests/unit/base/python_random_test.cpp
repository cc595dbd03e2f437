#include "base/python_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

using ::testing::ElementsAre;

// Values of CPython 3.11's random.Random(seed).
TEST(PythonRandom, SamplesAsPythonDoes) {
  PythonRandom random(1234);
  EXPECT_THAT(random.sample(10, 3), ElementsAre(7, 1, 0));
  EXPECT_THAT(random.sample(10, 3), ElementsAre(1, 0, 9));
  EXPECT_THAT(random.sample(10, 3), ElementsAre(1, 5, 3));
  EXPECT_THAT(random.sample(1437, 6), ElementsAre(35, 63, 32, 708, 1327, 1276));
  EXPECT_EQ(random.random(), 0.4842459158287621);
  EXPECT_EQ(random.getrandbits(40), 165199680629U);
  std::vector<std::uint32_t> picks(5);
  random.choices(7, picks);
  EXPECT_THAT(picks, ElementsAre(0, 4, 5, 3, 6));
}

TEST(PythonRandom, ChoosesManyAsItDoesOneByOne) {
  for (const int before : {0, 1, 2, 623}) {
    PythonRandom many(11), one(11);
    for (int i = 0; i < before; ++i) EXPECT_EQ(many.getrandbits(32), one.getrandbits(32));
    std::vector<std::uint32_t> picks(2000), wanted(2000);
    many.choices(1000, picks);
    for (auto& pick : wanted) pick = static_cast<std::uint32_t>(one.random() * 1000);
    EXPECT_EQ(picks, wanted) << before;
    EXPECT_EQ(many.getrandbits(32), one.getrandbits(32));
  }
}

TEST(PythonRandom, SamplesAsPythonDoesAroundTheSizeWhereItsMethodChanges) {
  PythonRandom random(0);
  EXPECT_THAT(random.sample(100, 5), ElementsAre(49, 97, 53, 5, 33));
  EXPECT_THAT(random.sample(21, 6), ElementsAre(16, 15, 12, 9, 19, 11));
  EXPECT_THAT(random.sample(85, 6), ElementsAre(74, 27, 64, 17, 36, 81));
}

TEST(PythonRandom, TakesLargeAndNegativeSeeds) {
  PythonRandom large((std::int64_t{1} << 40) + 5);
  EXPECT_EQ(large.random(), 0.5043802970418443);
  EXPECT_THAT(large.sample(5, 5), ElementsAre(2, 0, 4, 3, 1));
  PythonRandom negative(-7);
  EXPECT_EQ(negative.random(), 0.32383276483316237);
}

TEST(PythonRandom, WithoutASeedDiffersFromRunToRun) {
  PythonRandom first(std::nullopt), second(std::nullopt);
  EXPECT_NE(first.getrandbits(64), second.getrandbits(64));
}

}  // namespace
}  // namespace lmms_eval
