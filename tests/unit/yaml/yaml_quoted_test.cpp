#include "yaml/yaml_quoted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::HasSubstr;

// Every expectation is what yaml.safe_load of PyYAML gives.
TEST(YamlQuotedScalar, FoldsLinesAsPyYaml) {
  EXPECT_EQ(yaml_quoted_scalar("'a\n  b'", 0), "a b");
  EXPECT_EQ(yaml_quoted_scalar("'a\n\n  b'", 0), "a\nb");
  EXPECT_EQ(yaml_quoted_scalar("'a\n\n\n  '", 0), "a\n\n");
  EXPECT_EQ(yaml_quoted_scalar("'a  \n\n  '", 0), "a\n");
  EXPECT_EQ(yaml_quoted_scalar("' a \t b '", 0), " a \t b ");
  EXPECT_EQ(yaml_quoted_scalar("\"a\r\n b\"", 0), "a b");
  EXPECT_EQ(yaml_quoted_scalar("\"a\\\n   \\ b\"", 0), "a b");
  EXPECT_EQ(yaml_quoted_scalar("\"a\\n\\\n\n  b\"", 0), "a\n\nb");
  EXPECT_EQ(yaml_quoted_scalar("'a\u2028b'", 0), "a\u2028b");
  EXPECT_EQ(yaml_quoted_scalar("'a\u0085b'", 0), "a b");
}

TEST(YamlQuotedScalar, ReadsEveryEscape) {
  EXPECT_EQ(yaml_quoted_scalar("'it''s'", 0), "it's");
  EXPECT_EQ(yaml_quoted_scalar(R"('no \n here')", 0), R"(no \n here)");
  EXPECT_EQ(yaml_quoted_scalar(R"("\0\a\b\t\n\v\f\r\e\"\\\/")", 0), std::string("\0\a\b\t\n\v\f\r\x1b\"\\/", 12));
  EXPECT_EQ(yaml_quoted_scalar(R"("\_\N\L\P")", 0), "\u00a0\u0085\u2028\u2029");
  EXPECT_EQ(yaml_quoted_scalar(R"("\xe9\u00e9\U0001F600")", 0), "éé😀");
}

TEST(YamlQuotedScalar, SkipsTagsAndAnchorsAndLeavesPlainTextAlone) {
  EXPECT_EQ(yaml_quoted_scalar("k: !!str &name 'x'", 3), "x");
  EXPECT_EQ(yaml_quoted_scalar("k: !!str\n  'x' # y", 3), "x");
  EXPECT_EQ(yaml_quoted_scalar("k: plain", 3), std::nullopt);
  EXPECT_EQ(yaml_quoted_scalar("", 0), std::nullopt);
}

TEST(YamlQuotedScalar, RefusesWhatIsNoText) {
  EXPECT_THAT(error_of([] { yaml_quoted_scalar("\"abc", 0); }), HasSubstr("no closing \""));
  EXPECT_THAT(error_of([] { yaml_quoted_scalar("'a\n", 0); }), HasSubstr("no closing '"));
  EXPECT_THAT(error_of([] { yaml_quoted_scalar(R"("\q")", 0); }), HasSubstr("\\q is no escape"));
  EXPECT_THAT(error_of([] { yaml_quoted_scalar(R"("\u12")", 0); }), HasSubstr("4 hexadecimal digits"));
  EXPECT_THAT(error_of([] { yaml_quoted_scalar(R"("\ud83d")", 0); }), HasSubstr("\\ud83d is no character"));
  EXPECT_THAT(error_of([] { yaml_quoted_scalar("\"\\", 0); }), HasSubstr("no closing \""));
}

}  // namespace
}  // namespace lmms_eval
