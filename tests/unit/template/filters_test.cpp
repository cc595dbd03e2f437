#include "render.h"

namespace lmms_eval::tmpl {
namespace {

const Json kContext = {
    {"users", {{{"name", "Ann"}, {"age", 30}}, {{"name", "bob"}, {"age", 25}}, {{"name", "Cid"}, {"age", 30}}}},
    {"words", {"pear", "Apple", "fig", "apple"}},
    {"d", {{"b", 2}, {"a", 1}, {"C", 3}}}};

std::string value_of(std::string_view expression) { return render("{{ " + std::string(expression) + " }}", kContext); }

TEST(TextFilters, ChangeTheCase) {
  EXPECT_EQ(value_of("'hELLO wORLD'|capitalize ~ '|' ~ 'foo-bar (baz)'|title ~ '|' ~ 'ß'|upper"),
            "Hello world|Foo-Bar (Baz)|SS");
}

TEST(TextFilters, Indent) {
  EXPECT_EQ(value_of("'a\\n\\nb'|indent"), "a\n\n    b");
  EXPECT_EQ(value_of("'a\\n\\nb'|indent('> ', true, true)"), "> a\n> \n> b");
}

TEST(TextFilters, Truncate) {
  EXPECT_EQ(value_of("'foo bar baz qux'|truncate(9)"), "foo...");
  EXPECT_EQ(value_of("'foo bar baz qux'|truncate(9, true)"), "foo ba...");
  EXPECT_EQ(value_of("'foo bar baz qux'|truncate(11)"), "foo bar baz qux");
}

TEST(TextFilters, StripTagsAndEscape) {
  EXPECT_EQ(value_of("'<p>a  &amp;\\n<!-- x --> b</p>'|striptags"), "a & b");
  EXPECT_EQ(value_of("'<a>&\"'|e"), "&lt;a&gt;&amp;&#34;");
  EXPECT_EQ(value_of("'a b/é'|urlencode"), "a%20b/%C3%A9");
}

TEST(SequenceFilters, SortWithoutRegardToCaseAndStably) {
  EXPECT_EQ(value_of("words|sort"), "['Apple', 'apple', 'fig', 'pear']");
  EXPECT_EQ(value_of("words|sort(true, true)"), "['pear', 'fig', 'apple', 'Apple']");
  EXPECT_EQ(value_of("users|sort(attribute='age,name')|map(attribute='name')|join"), "bobAnnCid");
  EXPECT_EQ(value_of("users|sort(attribute='age', reverse=true)|map(attribute='name')|join"), "AnnCidbob");
  EXPECT_EQ(value_of("d|dictsort"), "[('a', 1), ('b', 2), ('C', 3)]");
}

TEST(SequenceFilters, GroupBatchAndSlice) {
  EXPECT_EQ(value_of("users|groupby('age')|map('first')|list"), "[25, 30]");
  EXPECT_EQ(value_of("range(5)|batch(2, 'x')|list"), "[[0, 1], [2, 3], [4, 'x']]");
  EXPECT_EQ(value_of("range(7)|slice(3, 'x')|list"), "[[0, 1, 2], [3, 4, 'x'], [5, 6, 'x']]");
}

TEST(SequenceFilters, Aggregate) {
  EXPECT_EQ(value_of("[users|sum(attribute='age'), [3, 1]|min, words|max, [0.1, 0.2]|sum(start=1)]"),
            "[85, 1, 'pear', 1.3]");
  EXPECT_EQ(value_of("words|unique|list"), "['pear', 'Apple', 'fig']");
}

TEST(SelectionFilters, ApplyFiltersAndTests) {
  EXPECT_EQ(value_of("['1', '2']|map('int')|select('odd')|list"), "[1]");
  EXPECT_EQ(value_of("users|selectattr('age', 'lt', 30)|map(attribute='name')|list"), "['bob']");
  EXPECT_EQ(value_of("users|rejectattr('age', 'lt', 30)|map(attribute='nope', default='?')|list"), "['?', '?']");
  EXPECT_EQ(error_of("{{ [1]|map('nope')|list }}"), "<template>:1:20: No filter named 'nope' found.");
}

TEST(SelectionFilters, AreLazy) {
  EXPECT_EQ(value_of("[1, 2, 'x']|map('abs')|first"), "1") << "the third item is never looked at";
  EXPECT_NE(error_of("{{ [1, 'x']|map('abs')|list }}"), "");
}

TEST(ValueFilters, ConvertNumbers) {
  EXPECT_EQ(value_of("['3.9'|int, 'x'|int(7), '1f'|int(0, 16), '2.5'|float, 'x'|float, 2.9|int]"),
            "[3, 7, 31, 2.5, 0.0, 2]");
  EXPECT_EQ(value_of("[2.5|round, 2.675|round(2), 1250|round(-2), 2.1|round(0, 'ceil'), -3|abs]"),
            "[2.0, 2.67, 1200, 3.0, 3]");
}

TEST(ToJson, IsSafeForHtmlByDefault) {
  EXPECT_EQ(value_of("{'b': \"<'&é\", 'a': [1.0, none, true]}|tojson"),
            R"({"a": [1.0, null, true], "b": "\u003c\u0027\u0026\u00e9"})");
  EXPECT_EQ(value_of("d|tojson(2)"), "{\n  \"C\": 3,\n  \"a\": 1,\n  \"b\": 2\n}");
}

TEST(ToJson, IsThatOfTransformersInChats) {
  EXPECT_EQ(render_chat("{{ x|tojson }}", {{"x", {{"b", "<é>"}, {"a", 1}}}}), R"({"b": "<é>", "a": 1})");
  EXPECT_EQ(render_chat("{{ x|tojson(ensure_ascii=true, sort_keys=true, separators=(',', ':')) }}",
                        {{"x", {{"b", "é😀"}, {"a", 1}}}}),
            R"({"a":1,"b":"\u00e9\ud83d\ude00"})");
  EXPECT_EQ(render_chat("{{ [1, []]|tojson(indent=1) }}"), "[\n 1,\n []\n]");
}

TEST(ToJson, RefusesWhatHasNoForm) {
  EXPECT_EQ(error_of("{{ range(2)|tojson }}"), "<template>:1:13: Object of type range is not JSON serializable");
  EXPECT_EQ(error_of("{{ [x]|tojson }}"), "<template>:1:8: 'x' is undefined (tojson needs a value)");
}

TEST(Filters, CheckTheirArguments) {
  EXPECT_EQ(error_of("{{ 'x'|replace('a') }}"), "<template>:1:8: replace() needs argument 'new'");
  EXPECT_EQ(error_of("{{ 'x'|trim(1, 2) }}"), "<template>:1:8: trim() takes at most 1 argument, 2 given");
  EXPECT_EQ(error_of("{{ 'x'|indent(wide=1) }}"), "<template>:1:8: indent() got an unexpected keyword argument 'wide'");
  EXPECT_EQ(error_of("{{ 'x'|nope }}"), "<template>:1:8: No filter named 'nope'.");
}

TEST(Filters, MayBeUnknownWhereAnIfSkipsThem) {
  EXPECT_EQ(render("{% if false %}{{ 1|nope }}{% endif %}{{ 2|nope if false else 'ok' }}"), "ok");
  EXPECT_EQ(error_of("{% if true %}{{ 1|nope }}{% endif %}"), "<template>:1:19: No filter named 'nope' found.");
}

TEST(Tests, TellTypes) {
  EXPECT_EQ(value_of("[1 is integer, true is integer, true is number, 1.0 is float, none is none, 'a' is string]"),
            "[True, False, True, True, True, True]");
  EXPECT_EQ(
      value_of("[d is mapping, d is sequence, (words|map('upper')) is sequence, 'ab' is iterable, 5 is iterable]"),
      "[True, True, False, True, False]");
  EXPECT_EQ(value_of("[3 is odd, 4 is divisibleby 2, 1 is in [1], 'AB' is upper, 'x' is not none, 2 is gt 1]"),
            "[True, True, True, True, True, True]");
}

}  // namespace
}  // namespace lmms_eval::tmpl
