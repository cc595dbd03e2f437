#include "template/value.h"

#include <cmath>
#include <limits>

#include "render.h"
#include "template/failure.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

TEST(Value, ComesFromJsonWithTypesAndOrder) {
  const auto value = Value::from_json(Json::parse(R"({"z": 1, "a": [true, null, 2.5, "x"], "m": {"k": -3}})"));
  EXPECT_EQ(repr(value), "{'z': 1, 'a': [True, None, 2.5, 'x'], 'm': {'k': -3}}");
  EXPECT_EQ(value.to_json(), Json::parse(R"({"z": 1, "a": [true, null, 2.5, "x"], "m": {"k": -3}})"));
}

TEST(Value, RefusesIntegersBeyond64Bits) {
  EXPECT_EQ(Value::from_json(Json(9223372036854775807)).as_int(), 9223372036854775807);
  EXPECT_THROW(Value::from_json(Json(9223372036854775808ull)), Error);
}

TEST(Value, RefusesJsonNestedTooDeeply) {
  std::string text(300, '[');
  text += std::string(300, ']');
  EXPECT_THROW(Value::from_json(Json::parse(text)), Error);
}

TEST(Value, CopiesShareListsAndDicts) {
  const auto list = Value::list({1, 2});
  const auto copy = list;
  copy.as_list().items.emplace_back("x");
  EXPECT_EQ(repr(list), "[1, 2, 'x']");
}

TEST(Value, CountsStringsInCodePoints) {
  EXPECT_EQ(length(Value("aé世😀")), 4);
  EXPECT_EQ(Value("abc\xFF").as_string(), "abc\xEF\xBF\xBD");
  EXPECT_EQ(length(Value("\xE4\xB8")), 1);  // one invalid part, one U+FFFD
}

TEST(Dict, TreatsEqualNumbersAsOneKeyAndKeepsOrder) {
  Dict dict;
  dict.set(1, "int");
  dict.set("1", "text");
  dict.set(true, "bool");
  dict.set(1.0, "float");
  ASSERT_EQ(dict.size(), 2u);
  EXPECT_EQ(repr(dict.entries()[0].first), "1");
  EXPECT_EQ(dict.entries()[0].second.as_string(), "float");
}

TEST(Dict, FindsAndTakesAmongManyEntries) {
  Dict dict;
  for (int i = 0; i < 100; ++i) dict.set("key" + std::to_string(i), i);
  EXPECT_EQ(dict.find("key57")->as_int(), 57);
  EXPECT_EQ(dict.take("key57").as_int(), 57);
  EXPECT_EQ(dict.find("key57"), nullptr);
  EXPECT_TRUE(dict.take("key57").is_missing());
  EXPECT_EQ(dict.find("key99")->as_int(), 99);
  EXPECT_EQ(dict.entries()[57].first.as_string(), "key58");
}

TEST(Dict, RefusesKeysThatCannotBeHashed) {
  Dict dict;
  EXPECT_THROW(dict.set(Value::list(), 1), Failure);
  EXPECT_THROW(dict.set(Value::tuple({Value::dict()}), 1), Failure);
  dict.set(Value::tuple({1, "a"}), 2);
  EXPECT_EQ(dict.find(Value::tuple({1.0, "a"}))->as_int(), 2);
}

TEST(Values, AreFreedWithoutRecursionHoweverDeep) {
  auto value = Value::list();
  for (int i = 0; i < 1'000'000; ++i) value = i % 2 == 0 ? Value::list({value}) : Value::dict({{"k", value}});
  EXPECT_EQ(value.shares(), 1);
}

TEST(Repr, WritesFloatsAsPythonDoes) {
  for (const auto& [number, text] : std::vector<std::pair<double, std::string>>{{1.0, "1.0"},
                                                                                {-0.0, "-0.0"},
                                                                                {0.1, "0.1"},
                                                                                {1e15, "1000000000000000.0"},
                                                                                {1e16, "1e+16"},
                                                                                {1e-4, "0.0001"},
                                                                                {1e-5, "1e-05"},
                                                                                {1.5e300, "1.5e+300"},
                                                                                {123456.789, "123456.789"},
                                                                                {5e-324, "5e-324"},
                                                                                {INFINITY, "inf"},
                                                                                {-INFINITY, "-inf"},
                                                                                {NAN, "nan"}}) {
    EXPECT_EQ(repr(Value(number)), text);
  }
}

TEST(Repr, ChoosesQuotesAndEscapesAsPythonDoes) {
  EXPECT_EQ(repr_text("plain"), "'plain'");
  EXPECT_EQ(repr_text("it's"), "\"it's\"");
  EXPECT_EQ(repr_text("it's \"x\""), "'it\\'s \"x\"'");
  EXPECT_EQ(repr_text("a\n\t\\\x01é\xC2\xA0😀"), "'a\\n\\t\\\\\\x01é\\xa0😀'");
  EXPECT_EQ(ascii(Value("é世😀")), "'\\xe9\\u4e16\\U0001f600'");
}

TEST(Equality, ComparesIntegersAndFloatsExactly) {
  EXPECT_TRUE(equals(Value(1), Value(1.0)));
  EXPECT_TRUE(equals(Value(true), Value(1)));
  EXPECT_FALSE(equals(Value(9007199254740993), Value(9007199254740992.0)));
  EXPECT_FALSE(equals(Value(NAN), Value(NAN)));
  EXPECT_FALSE(equals(Value::list({1}), Value::tuple({1})));
  EXPECT_TRUE(equals(Value::dict({{"a", 1}, {"b", 2}}), Value::dict({{"b", 2}, {"a", 1}})));
}

TEST(Slices, FollowPythonAtTheEdges) {
  const auto list = Value::list({0, 1, 2, 3, 4});
  const auto cut = [&](Value start, Value stop, Value step) { return repr(slice(list, start, stop, step)); };
  EXPECT_EQ(cut(nullptr, nullptr, -1), "[4, 3, 2, 1, 0]");
  EXPECT_EQ(cut(-2, nullptr, nullptr), "[3, 4]");
  EXPECT_EQ(cut(10, -10, -2), "[4, 2, 0]");
  EXPECT_EQ(cut(3, 1, nullptr), "[]");
  EXPECT_EQ(cut(nullptr, std::numeric_limits<std::int64_t>::max(), 4), "[0, 4]");
  EXPECT_EQ(cut(nullptr, nullptr, std::numeric_limits<std::int64_t>::min()), "[4]");
  EXPECT_THROW(cut(nullptr, nullptr, 0), Failure);
}

TEST(Numbers, AreReadFromTextAsPythonDoes) {
  EXPECT_EQ(parse_int(" 1_000 ", 10), 1000);
  EXPECT_EQ(parse_int("0x1F", 16), 31);
  EXPECT_EQ(parse_int("-9223372036854775808", 10), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_int("1__0", 10), std::nullopt);
  EXPECT_EQ(parse_int("1.0", 10), std::nullopt);
  EXPECT_EQ(parse_int("", 10), std::nullopt);
  EXPECT_THROW(parse_int("9223372036854775808", 10), Failure);
  EXPECT_EQ(parse_double("1e3"), 1000.0);
  EXPECT_EQ(parse_double(" -Infinity "), -INFINITY);
  EXPECT_EQ(parse_double("0x1"), std::nullopt);
  EXPECT_EQ(parse_double("1e400"), INFINITY);
}

TEST(Unicode, MapsCaseWithSpecialCases) {
  EXPECT_EQ(to_upper("straße"), "STRASSE");
  EXPECT_EQ(to_lower("ΑΣ"), "ας");
  EXPECT_EQ(to_title("they're o'neil"), "They'Re O'Neil");
  EXPECT_EQ(to_capitalized("éA"), "Éa");
  EXPECT_EQ(to_swapped_case("aBß"), "AbSS");
}

TEST(Unicode, SplitsAtAllLineBreaksOfPython) {
  EXPECT_EQ(split_lines("a\r\nb\n\nc\x1c"
                        "d\xE2\x80\xA8",
                        false),
            (std::vector<std::string_view>{"a", "b", "", "c", "d"}));
  EXPECT_EQ(split_lines("a\r\nb", true), (std::vector<std::string_view>{"a\r\n", "b"}));
}

}  // namespace
}  // namespace lmms_eval::tmpl
