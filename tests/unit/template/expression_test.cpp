#include "render.h"

namespace lmms_eval::tmpl {
namespace {

std::string value_of(std::string_view expression, const Json& context = Json::object()) {
  return render("{{ " + std::string(expression) + " }}", context, lenient());
}

TEST(Expressions, HavePythonsPrecedence) {
  EXPECT_EQ(value_of("1 + 2 * 3 ** 2"), "19");
  EXPECT_EQ(value_of("not 1 == 2 and 3 > 2 or false"), "True");
  EXPECT_EQ(value_of("1 ~ 2 * 3 == '16'"), "True");
  EXPECT_EQ(value_of("-2 ** 2"), "4") << "the sign binds tighter than **, as in Jinja";
  EXPECT_EQ(value_of("2 ** 3 ** 2"), "64") << "** goes from the left, as in Jinja";
  EXPECT_EQ(value_of("'a' if false else 'b' if false else 'c'"), "c");
}

TEST(Expressions, DivideAsPythonDoes) {
  EXPECT_EQ(value_of("[7 // 2, -7 // 2, 7 // -2, 7 % 3, -7 % 3, 7 % -3]"), "[3, -4, -4, 1, 2, -2]");
  EXPECT_EQ(value_of("[7.5 // 2, -7.5 // 2, -7.5 % 2, 7 / 2, 4 / 2]"), "[3.0, -4.0, 0.5, 3.5, 2.0]");
  EXPECT_EQ(error_of("{{ 1 // 0 }}"), "<template>:1:6: integer division or modulo by zero");
}

TEST(Expressions, FailOnOverflowInsteadOfWrapping) {
  EXPECT_EQ(error_of("{{ 9223372036854775807 + 1 }}"),
            "<template>:1:24: integer overflow in 9223372036854775807 + 1: templates compute with 64 bits");
  EXPECT_NE(error_of("{{ 3 ** 100 }}"), "");
  EXPECT_NE(error_of("{{ (0 - 9223372036854775807 - 1) // -1 }}"), "");
  EXPECT_EQ(value_of("(0 - 9223372036854775807 - 1) % -1"), "0");
}

TEST(Expressions, ReturnOperandsFromAndOr) {
  EXPECT_EQ(value_of("[1 and 2, 0 and 2, '' or 'x', none or false]"), "[2, 0, 'x', False]");
}

TEST(Expressions, ChainComparisons) {
  EXPECT_EQ(value_of("[1 < 2 < 3, 1 < 3 < 2, 1 == 1.0 == true, 3 > 2 >= 2 != 1]"), "[True, False, True, True]");
  EXPECT_EQ(value_of("['a' < 'b', [1, 2] < [1, 3], (1,) < (1, 0)]"), "[True, True, True]");
  EXPECT_EQ(error_of("{{ 1 < 'a' }}"), "<template>:1:6: '<' not supported between instances of 'int' and 'str'");
}

TEST(Expressions, TestMembership) {
  EXPECT_EQ(value_of("['b' in 'abc', 2 not in [1], 'k' in {'k': 1}, 1.0 in (1, 2)]"), "[True, True, True, True]");
  EXPECT_EQ(error_of("{{ 1 in 'abc' }}"), "<template>:1:6: 'in <string>' requires string as left operand, not int");
}

TEST(Expressions, PreferAttributesWithDotsAndItemsWithBrackets) {
  const Json context = {{"d", {{"items", "mine"}, {"x", 1}}}, {"l", {1, 2}}};
  EXPECT_EQ(value_of("d.x ~ d['x'] ~ d['items'] ~ (d.items is callable)", context), "11mineTrue");
  EXPECT_EQ(value_of("l.0 ~ l[-1] ~ (l.9 is defined)", context), "12False");
}

TEST(Expressions, SliceStringsByCharacters) {
  EXPECT_EQ(value_of("'aé世😀'[1:3] ~ 'aé世😀'[::-1] ~ 'aé世😀'[-1]"), "é世😀世éa😀");
}

TEST(Expressions, ConcatenateAnythingWithTilde) {
  EXPECT_EQ(value_of("1 ~ none ~ 2.0 ~ [1, 'a']"), "1None2.0[1, 'a']");
}

TEST(Expressions, FormatWithPercent) {
  EXPECT_EQ(value_of("'%s is %05.1f%% %-4d|%x %r' % ('it', 12.345, 7, 255, 'q')"), "it is 012.3% 7   |ff 'q'");
  EXPECT_EQ(value_of("'%(a)s-%(b)03d' % {'a': 1, 'b': 2}"), "1-002");
  EXPECT_EQ(error_of("{{ '%s %s' % (1,) }}"), "<template>:1:12: not enough arguments for format string");
  EXPECT_EQ(error_of("{{ 'x' % 1 }}"), "<template>:1:8: not all arguments converted during string formatting");
}

TEST(Undefined, MayBePrintedAndTestedWhenLenient) {
  EXPECT_EQ(value_of("[x is defined, not x, x or 'd', x|length, x == y]"), "[False, True, 'd', 0, True]");
  EXPECT_EQ(error_of("{{ x.y }}", {}, lenient()), "<template>:1:5: 'x' is undefined");
  EXPECT_EQ(error_of("{{ d.y.z }}", {{"d", Json::object()}}, lenient()),
            "<template>:1:7: 'dict object' has no attribute 'y'");
}

TEST(Undefined, MayOnlyBeAskedForWhenStrict) {
  EXPECT_EQ(render("{{ x is defined }}{{ x|default('d') }}{{ (1 if false) is defined }}"), "FalsedFalse");
  for (const auto* expression : {"x", "not x", "x == 1", "x in [1]", "[1] + x", "x|length", "x ~ ''", "x or 1"}) {
    EXPECT_NE(error_of("{{ " + std::string(expression) + " }}").find("'x' is undefined"), std::string::npos)
        << expression;
  }
}

TEST(Undefined, FromAnIfWithoutElseIsAlwaysLenient) { EXPECT_EQ(render("[{{ 'a' if false }}]"), "[]"); }

TEST(Literals, MayBeWrittenWithCapitals) {
  EXPECT_EQ(value_of("[True, False, None, true, none]"), "[True, False, None, True, None]");
}

TEST(Calls, TakeStarsAndKeywords) {
  EXPECT_EQ(value_of("'{}{}{x}'.format(*[1, 2], **{'x': 3})"), "123");
  EXPECT_EQ(value_of("dict([('a', 1)], b=2)"), "{'a': 1, 'b': 2}");
}

TEST(Markup, EscapesWhatIsAddedToIt) {
  EXPECT_EQ(value_of("('<b>'|safe) + '<i>'"), "<b>&lt;i&gt;");
  EXPECT_EQ(value_of("('<b>'|safe) ~ '<i>'"), "<b><i>");
  EXPECT_EQ(value_of("'<'|e|e"), "&lt;");
}

}  // namespace
}  // namespace lmms_eval::tmpl
