#include "template/regex.h"

#include "render.h"
#include "template/failure.h"

namespace lmms_eval::tmpl {
namespace {

TEST(RegexSubstitute, ReplacesAsPythonsReSub) {
  EXPECT_EQ(regex_substitute("o", "0", "one two", 0), "0ne tw0");
  EXPECT_EQ(regex_substitute("o", "0", "one two", 1), "0ne two");
  EXPECT_EQ(regex_substitute("x*", "-", "abxd", 0), "-a-b--d-");
  EXPECT_EQ(regex_substitute("", "-", "é世", 0), "-é-世-");
  EXPECT_EQ(regex_substitute("\\w", ".", "Grüße", 0), ".....");
  EXPECT_EQ(regex_substitute("e\\Z", "!", "e\ne", 0), "e\n!");
}

TEST(RegexSubstitute, PutsInGroups) {
  EXPECT_EQ(regex_substitute("(\\w+) (\\w+)", "\\2 \\1", "one two", 0), "two one");
  EXPECT_EQ(regex_substitute("(?P<y>\\d+)-(?P<m>\\d+)", "\\g<m>/\\g<1>\\g<0>", "2024-01", 0), "01/20242024-01");
  EXPECT_EQ(regex_substitute("(a)|(b)", "[\\1\\2]", "ab", 0), "[a][b]");
}

TEST(RegexSubstitute, RefusesBadPatternsAndReplacements) {
  EXPECT_THROW(regex_substitute("(", "", "a", 0), Failure);
  EXPECT_THROW(regex_substitute("a", "\\1", "a", 0), Failure);
  EXPECT_THROW(regex_substitute("a", "\\q", "a", 0), Failure);
  EXPECT_THROW(regex_substitute("a", "\\g<x>", "a", 0), Failure);
  EXPECT_THROW(regex_substitute("a", "\\", "a", 0), Failure);
}

TEST(RegexSubstitute, EndsOnPatternsThatBacktrackForever) {
  EXPECT_THROW(regex_substitute("^(a+)+$", "", std::string(40, 'a') + "!", 0), Failure);
}

TEST(RegexReplace, IsAFilter) {
  EXPECT_EQ(render("{{ '[INST] hi [/INST]'|regex_replace('\\[/?INST\\]', '')|trim }}"), "hi");
  EXPECT_EQ(error_of("{{ 5|regex_replace('a', 'b') }}"),
            "<template>:1:6: expected string or bytes-like object, got 'int'");
}

}  // namespace
}  // namespace lmms_eval::tmpl
