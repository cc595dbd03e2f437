#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filters/filter.h"
#include "lmms_eval/error.h"

namespace lmms_eval::filters {
namespace {

using ::testing::HasSubstr;

Json filtered(const std::string& name, const Json& responses, const Json& arguments = Json::object(),
              const Json& doc = Json::object()) {
  return make_step(name, arguments, "t.yaml:7")(responses, doc);
}

Json list(std::initializer_list<const char*> texts) {
  Json list = Json::array();
  for (const char* text : texts) list.push_back(text);
  return list;
}

std::string error_of(const std::string& name, const Json& arguments) {
  try {
    make_step(name, arguments, "t.yaml:7");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.what();
  }
  return "no error";
}

TEST(TakeFirst, GivesTheFirstResponseOrAnEmptyText) {
  EXPECT_EQ(filtered("take_first", list({"a", "b"})), "a");
  EXPECT_EQ(filtered("take_first", Json::array()), "");
  EXPECT_EQ(filtered("take_first", Json::array({Json::array({-1.5, true})})), Json::array({-1.5, true}));
}

TEST(TakeFirstK, GivesKResponsesAndNeedsThem) {
  EXPECT_EQ(filtered("take_first_k", list({"a", "b", "c"}), {{"k", 2}}), list({"a", "b"}));
  EXPECT_THROW(filtered("take_first_k", list({"a"}), {{"k", 2}}), Error);
  EXPECT_THAT(error_of("take_first_k", Json::object()), HasSubstr("t.yaml:7: filter 'take_first_k': needs k"));
  EXPECT_THAT(error_of("take_first_k", {{"k", "two"}}), HasSubstr("k must be a whole number"));
}

TEST(MajorityVote, TakesTheMostFrequentAndOfTiesTheFirstSeen) {
  EXPECT_EQ(filtered("majority_vote", list({"b", "a", "a", "b", "c"})), list({"b"}));
  EXPECT_EQ(filtered("majority_vote", list({"b", "a", "a"})), list({"a"}));
}

TEST(RegexFilter, TakesTheChosenMatch) {
  EXPECT_EQ(filtered("regex", list({"so #### 1,234."})), list({"1,234."}));
  EXPECT_EQ(filtered("regex", list({"1 2 3"}), {{"regex_pattern", "\\d"}, {"group_select", -1}}), list({"3"}));
  EXPECT_EQ(filtered("regex", list({"1 2 3"}), {{"regex_pattern", "\\d"}, {"group_select", 1}}), list({"2"}));
  EXPECT_EQ(filtered("regex", list({"none"}), {{"regex_pattern", "\\d"}}), list({"[invalid]"}));
  EXPECT_EQ(filtered("regex", list({"none"}), {{"regex_pattern", "\\d"}, {"fallback", "?"}}), list({"?"}));
  EXPECT_EQ(filtered("regex", "Answer:  B ", {{"regex_pattern", "Answer:(.*)"}}), "B");
}

TEST(RegexFilter, TakesTheFirstGroupThatIsNotEmpty) {
  EXPECT_EQ(filtered("regex", list({"option C"}), {{"regex_pattern", "(?:answer (\\w))|(?:option (\\w))"}}),
            list({"C"}));
}

TEST(RegexFilter, SaysWhatIsWrong) {
  EXPECT_THAT(error_of("regex", {{"regex_pattern", "a("}}),
              HasSubstr("t.yaml:7: filter 'regex': regular expression 'a('"));
  EXPECT_THAT(error_of("regex", {{"regex_pattern", 7}}), HasSubstr("regex_pattern must be a text"));
  EXPECT_THAT(error_of("regex", {{"patern", "a"}}), HasSubstr("takes no argument 'patern'"));
  EXPECT_THROW(filtered("regex", list({"1"}), {{"regex_pattern", "\\d"}, {"group_select", 3}}), Error);
}

// Answers of lm-eval 0.4.13's MultiChoiceRegexFilter.
TEST(MultiChoiceRegex, FindsAPatternElseAChoiceElseALetter) {
  const Json doc = {{"choices", {"Guilty", "Guilty of Romance", "no!"}}};
  const auto chosen = [&](const char* text, Json arguments = Json::object()) {
    return filtered("multi_choice_regex", text, std::move(arguments), doc);
  };
  EXPECT_EQ(chosen("it is #### 5"), "5");
  EXPECT_EQ(chosen("It was Guilty of Romance."), "(B)");
  EXPECT_EQ(chosen("Guilty"), "(A)");
  EXPECT_EQ(chosen("the answer:  C"), "(C)");
  EXPECT_EQ(chosen("none of these"), "[invalid]");
  EXPECT_EQ(chosen("NO, really"), "[invalid]");
  EXPECT_EQ(chosen("NO, really", {{"ignore_case", true}, {"ignore_punctuation", true}}), "(C)");
  EXPECT_EQ(chosen("guilty", {{"ignore_case", true}, {"regexes_to_ignore", {"G"}}}), "(A)");
  EXPECT_EQ(filtered("multi_choice_regex", "x", Json::object(), {{"choices", {"", "b"}}}), "[invalid]");
  EXPECT_THROW(filtered("multi_choice_regex", "x"), Error);
}

TEST(TextFilters, ChangeEachText) {
  EXPECT_EQ(filtered("remove_whitespace", list({"  a "}), {{"both_ends", true}}), list({"a"}));
  EXPECT_EQ(filtered("remove_whitespace", list({"  a ", "b"})), list({" a ", "b"}));
  EXPECT_EQ(filtered("lowercase", list({"\xc3\x84"
                                        "B"})),
            list({"\xc3\xa4"
                  "b"}));
  EXPECT_EQ(filtered("uppercase", list({"stra\xc3\x9f"
                                        "e"})),
            list({"STRASSE"}));
  EXPECT_EQ(filtered("map", list({"A", "Z"}), {{"mapping_dict", {{"A", 1}}}}), Json::array({1, nullptr}));
  EXPECT_EQ(filtered("map", list({"Z"}), {{"mapping_dict", {{"A", 1}}}, {"default_value", 0}}), Json::array({0}));
  EXPECT_EQ(filtered("lowercase", "A"), "a");
  EXPECT_THAT(error_of("map", {{"mapping_dict", "x"}}), HasSubstr("mapping_dict must be a map"));
}

// lmms_eval.api.reasoning.strip_reasoning_tags
TEST(StripTags, FollowsTheReference) {
  const TagPairs think = {{"<think>", "</think>"}};
  EXPECT_EQ(strip_tags("<think>hm</think> A <think>x</think>B", think), "A B");
  EXPECT_EQ(strip_tags("hm, so</think> A ", think), "A");
  EXPECT_EQ(strip_tags("a</think>b</think>c", think), "c");
  EXPECT_EQ(strip_tags("<think>never closed", think), "<think>never closed");
  EXPECT_EQ(strip_tags("</think> A <think>open", think), "</think> A <think>open");
  EXPECT_EQ(strip_tags(" <THINK>x</THINK> ", think), "<THINK>x</THINK>");
}

TEST(StripThinking, KnowsTwoPairsAndTakesOthers) {
  EXPECT_EQ(filtered("strip_thinking", list({"<thinking>x</thinking>A"})), list({"A"}));
  EXPECT_EQ(filtered("strip_thinking", list({"[x]A"}), {{"tag_pairs", Json::array({Json::array({"[", "]"})})}}),
            list({"A"}));
  EXPECT_THAT(error_of("strip_thinking", {{"tag_pairs", Json::array({Json::array({"", "]"})})}}),
              HasSubstr("must hold pairs of texts"));
  EXPECT_THAT(error_of("strip_thinking", {{"tag_pairs", Json::array({"x"})}}), HasSubstr("must hold pairs of texts"));
}

TEST(Filters, AnUnknownOneIsToldWithTheNearest) {
  EXPECT_THAT(error_of("take_frist", Json::object()),
              HasSubstr("t.yaml:7: unknown filter 'take_frist'; did you mean 'take_first"));
}

}  // namespace
}  // namespace lmms_eval::filters
