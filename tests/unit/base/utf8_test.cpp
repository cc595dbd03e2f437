#include "base/utf8.h"

#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

TEST(Utf8, FindsTheFirstInvalidByte) {
  EXPECT_EQ(valid_utf8_prefix("aé你😀"), 10U);
  EXPECT_EQ(valid_utf8_prefix("ab\xff"), 2U);
  EXPECT_EQ(valid_utf8_prefix("a\xE4\xBD"), 1U);         // cut
  EXPECT_EQ(valid_utf8_prefix("\xC0\xAF"), 0U);          // overlong
  EXPECT_EQ(valid_utf8_prefix("\xED\xA0\x80"), 0U);      // a surrogate
  EXPECT_EQ(valid_utf8_prefix("\xF4\x90\x80\x80"), 0U);  // beyond U+10FFFF
  EXPECT_TRUE(is_valid_utf8("\xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(is_valid_utf8("\x80"));
}

// As bytes.decode("utf-8", "replace") does.
TEST(Utf8, ReplacesEachMaximalInvalidPart) {
  EXPECT_EQ(valid_utf8("aé"), "aé");
  EXPECT_EQ(valid_utf8("a\xE4\xBD"
                       "b"),
            "a\uFFFDb");
  EXPECT_EQ(valid_utf8("\xF0\x9F\x98"), "\uFFFD");
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xFF\xFF"), "\uFFFD\uFFFD");
}

TEST(Utf8, WritesAndReadsCodePointsOfEveryLength) {
  std::string text;
  for (const char32_t c : {U'a', U'é', U'你', U'😀'}) append_utf8(text, c);
  EXPECT_EQ(text, "aé你😀");
  std::size_t at = 0;
  for (const char32_t c : {U'a', U'é', U'你', U'😀'}) EXPECT_EQ(next_code_point(text, at), c);
  EXPECT_EQ(at, text.size());
}

}  // namespace
}  // namespace lmms_eval
