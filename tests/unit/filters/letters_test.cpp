#include "filters/letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_of.h"

namespace lmms_eval::filters {
namespace {

using lmms_eval::testing::error_of;
using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string letter(const std::string& name, const std::string& answer, const Json& arguments = Json::object(),
                   const Json& doc = Json::object()) {
  return make_step(name, arguments, "t.yaml:7")(Json::array({answer}), doc)[0].get<std::string>();
}

const Json kDoc = {{"options", {"Paris", "a red car", "Rome"}}};

TEST(McqAnswer, TakesTheFormatThatSaysMost) {
  EXPECT_EQ(letter("mcq_answer", "The answer is B, not D."), "D");  // the later mention after the phrase
  EXPECT_EQ(letter("mcq_answer", "B. because (C) is wrong"), "B");
  EXPECT_EQ(letter("mcq_answer", "I am not sure, (C) then (A)?"), "A");
  EXPECT_EQ(letter("mcq_answer", "정답은 C 입니다"), "C");
  EXPECT_EQ(letter("mcq_answer", "none of them", {{"letters", "XYZ"}, {"fallback", "?"}}), "?");
  EXPECT_EQ(letter("mcq_answer", " \n"), "");
}

TEST(MmmuChoice, KnowsTheTextsOfTheOptions) {
  const Json arguments = {{"choices", "options"}};
  EXPECT_EQ(letter("mmmu_choice", "(A) or rather (B)", arguments, kDoc), "B");
  EXPECT_EQ(letter("mmmu_choice", "I am sure that it shows a red car", arguments, kDoc), "B");
  EXPECT_EQ(letter("mmmu_choice", "it", arguments, kDoc), "");
  EXPECT_EQ(letter("mmmu_choice", "(C)", arguments, {{"options", "['x', 'y', 'z']"}}), "C");
}

TEST(LetterPatterns, DoWhatTheirBenchmarksDo) {
  EXPECT_EQ(letter("leading_letter", "The answer is B"), "T");
  EXPECT_EQ(letter("answer_letter", "The answer is (B).", {{"letters", "ABCD"}}), "B");
  EXPECT_EQ(letter("option_letter", "Blue"), "B");
  EXPECT_EQ(letter("letter_after_prefix", "The best answer is: C"), "C");
  EXPECT_EQ(letter("letter_or_part", "(b"), "B");
  EXPECT_EQ(letter("standalone_letter", "ABC C"), "C");
  EXPECT_EQ(letter("first_character", " xyz"), "x");
  EXPECT_EQ(letter("first_word", "left. now"), "left");
  EXPECT_EQ(letter("dot_letter", " B. text"), "B");
  EXPECT_EQ(letter("dot_letter", "text"), "text");
}

TEST(CanInfer, TakesTheOnlyLetterOrTheOnlyOption) {
  const Json doc = {{"A", "cat"}, {"B", "dog"}, {"C", nullptr}};
  EXPECT_EQ(letter("mmbench_letter", "B", {}, doc), "B");
  EXPECT_EQ(letter("mmbench_letter", "A dog it is", {}, doc), "B");  // A is an article here
  EXPECT_EQ(letter("mmbench_letter", "cat and dog", {}, doc), "");
  EXPECT_EQ(letter("hrbench_letter", "(B)", {}, doc), "B");
  EXPECT_EQ(letter("hrbench_letter", "Cannot determine the answer", {}, doc), "Z");
}

TEST(Letters, AreDrawnTheSameForADocEachTime) {
  const Json arguments = {{"choices", "options"}, {"random_fallback", true}};
  const std::string drawn = letter("mmmu_choice", "?", arguments, kDoc);
  EXPECT_THAT(drawn, AnyOf("A", "B", "C"));
  EXPECT_EQ(letter("mmmu_choice", "!", arguments, kDoc), drawn);
}

TEST(Letters, SayWhatIsMissing) {
  EXPECT_THAT(error_of([] { letter("mmmu_choice", "A", {{"choices", "gone"}}, kDoc); }), HasSubstr("no field 'gone'"));
  EXPECT_THAT(error_of([] {
                letter("mmmu_choice", "A", {{"choices", "q"}}, {{"q", "text"}});
              }),
              HasSubstr("'q' is no list of options"));
  EXPECT_THAT(error_of([] { letter("mmmu_choice", "A", {}, {{"q", "text"}}); }), HasSubstr("`letters` or `choices`"));
  EXPECT_THAT(error_of([] {
                letter("mcq_answer", "A", {{"letters", "AB"}, {"choices", "q"}});
              }),
              HasSubstr("t.yaml:7: filter 'mcq_answer': takes letters or choices, not both"));
}

}  // namespace
}  // namespace lmms_eval::filters
