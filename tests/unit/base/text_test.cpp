#include "base/text.h"

#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

TEST(Text, NearestNamesFindTyposAndParts) {
  const std::vector<std::string> known = {"llava_onevision", "async_openai", "openai", "dummy"};
  EXPECT_EQ(nearest_names("llava_onevison", known).front(), "llava_onevision");
  EXPECT_EQ(nearest_names("opena", known).front(), "openai");
  EXPECT_TRUE(nearest_names("zzzzzzz", known).empty());
  EXPECT_EQ(did_you_mean("dumy", known), "; did you mean 'dummy'?");
}

TEST(Text, PatternsFollowFnmatch) {
  EXPECT_TRUE(matches_pattern("mmmu_val", "mmmu_*"));
  EXPECT_TRUE(matches_pattern("ai2d", "ai?d"));
  EXPECT_TRUE(matches_pattern("t1", "t[0-9]"));
  EXPECT_FALSE(matches_pattern("t1", "t[!0-9]"));
  EXPECT_FALSE(matches_pattern("T1", "t1"));
  EXPECT_TRUE(matches_pattern("a[b", "a[b"));
  EXPECT_FALSE(matches_pattern("mmmu", "mmm"));
}

TEST(Text, CountedNounsAgree) {
  EXPECT_EQ(counted(1, "doc"), "1 doc");
  EXPECT_EQ(counted(0, "doc"), "0 docs");
  EXPECT_EQ(counted(2, "match", "matches"), "2 matches");
}

TEST(Text, OneLineReplacesControlCharactersAndCutsAtACharacter) {
  EXPECT_EQ(one_line("a\nb\x1b[1m"), "a b [1m");
  EXPECT_EQ(one_line("ab\xC3\xA9z", 3), "ab...");
  EXPECT_EQ(one_line("ab\xC3\xA9z", 4), "ab\xC3\xA9...");
}

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string>{""}));
}

TEST(Text, CodePointsAreCountedNotBytes) { EXPECT_EQ(count_code_points("a\xC3\xA9\xF0\x9F\x98\x80"), 3u); }

TEST(WithoutNumbers, LeavesTheReasonAndTheHttpStatus) {
  EXPECT_EQ(without_numbers("doc 17: row 3 of 200"), "doc #: row # of #");
  EXPECT_EQ(without_numbers("HTTP 500 after 3 attempts"), "HTTP 500 after # attempts");
  EXPECT_EQ(without_numbers(""), "");
}

}  // namespace
}  // namespace lmms_eval
