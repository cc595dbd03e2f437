#include "base/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval {
namespace {

using ::testing::ElementsAre;

/// re.findall of a pattern without groups.
std::vector<std::string> found(const std::string& pattern, const std::string& text) {
  std::vector<std::string> list;
  for (const auto& match : Regex(pattern).find_all(text))
    list.push_back(text.substr(match.begin, match.end - match.begin));
  return list;
}

TEST(Regex, FindsWhatPythonFinds) {
  EXPECT_THAT(found(R"(\d+)", "a1 b22 c\xd9\xa3"), ElementsAre("1", "22", "\xd9\xa3"));
  EXPECT_THAT(found("|a", "a"), ElementsAre("", "a", ""));
  EXPECT_THAT(found("x*", "axb"), ElementsAre("", "x", "", ""));
  EXPECT_THAT(found("$", "a\n"), ElementsAre("", ""));
  EXPECT_THAT(found("[]a]+", "a]b"), ElementsAre("a]"));
  EXPECT_THAT(found("[^]a]+", "a]b"), ElementsAre("b"));
  EXPECT_THAT(found("[[:a]+", "[:a:b"), ElementsAre("[:a:"));
  EXPECT_THAT(found("ba{,2}", "baaa b"), ElementsAre("baa", "b"));
  EXPECT_THAT(found(R"(a\Z)", "a\na"), ElementsAre("a"));
}

TEST(Regex, GivesGroups) {
  const auto match = Regex(R"((?P<year>\d+)-(\d+)?(x)?)").search("in 2024-07.");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->begin, 3U);
  EXPECT_EQ(match->end, 10U);
  EXPECT_THAT(match->groups, ElementsAre("2024", "07", std::nullopt));
  EXPECT_FALSE(Regex("z").search("abc"));
}

TEST(Regex, ReplacesAndSplits) {
  EXPECT_EQ(Regex("[aeiou]").replace_all("education", ""), "dctn");
  EXPECT_EQ(Regex("x*").replace_all("abxd", "-"), "-a-b--d-");
  EXPECT_THAT(Regex(R"(\s+)").split(" a  b "), ElementsAre("", "a", "b", ""));
}

TEST(Regex, SurvivesTextThatIsNoUtf8) {
  EXPECT_THAT(found("b+",
                    "a\xff\xfe"
                    "bb\x80"),
              ElementsAre("bb"));
}

TEST(Regex, MatchesLongTextsThatTakeMuchMemory) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "ab";
  EXPECT_EQ(Regex("((?:a|b)*)c").search(text + "c")->groups[0], text);
}

TEST(Regex, GivesUpWhereItWouldBacktrackForEver) {
  try {
    Regex("(a+)+$").search(std::string(200, 'a') + "!");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("'(a+)+$' on a text of 201 bytes: match limit exceeded; repeats within repeats"),
              std::string::npos)
        << error.message();
  }
}

TEST(Regex, SaysWhatIsWrongWithAPattern) {
  try {
    Regex("a(b");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_NE(error.message().find("'a(b'"), std::string::npos) << error.message();
  }
}

TEST(UnicodeCase, FollowsPythonsLowerAndUpper) {
  EXPECT_EQ(lower_unicode("GR\xc3\x9c\xc3\x9f"
                          "E"),
            "gr\xc3\xbc\xc3\x9f"
            "e");
  EXPECT_EQ(upper_unicode("stra\xc3\x9f"
                          "e"),
            "STRASSE");
  EXPECT_EQ(utf8_to_utf32("a\xf0\x9f\x98\x80"), U"a\U0001F600");
}

}  // namespace
}  // namespace lmms_eval
