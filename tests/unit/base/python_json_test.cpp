#include "base/python_json.h"

#include <gtest/gtest.h>

#include <limits>

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

// Expected texts were printed by Python 3.11's repr and json.dumps.
TEST(PythonFloatRepr, EqualsPythonsRepr) {
  EXPECT_EQ(python_float_repr(1.0), "1.0");
  EXPECT_EQ(python_float_repr(-0.0), "-0.0");
  EXPECT_EQ(python_float_repr(0.1), "0.1");
  EXPECT_EQ(python_float_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(python_float_repr(1e16), "1e+16");
  EXPECT_EQ(python_float_repr(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(python_float_repr(0.0001), "0.0001");
  EXPECT_EQ(python_float_repr(0.00001), "1e-05");
  EXPECT_EQ(python_float_repr(1.5e-7), "1.5e-07");
  EXPECT_EQ(python_float_repr(1e300), "1e+300");
  EXPECT_EQ(python_float_repr(5e-324), "5e-324");
  EXPECT_EQ(python_float_repr(-12.75), "-12.75");
  EXPECT_EQ(python_float_repr(std::numeric_limits<double>::infinity()), "inf");
}

TEST(PythonDumps, WritesOneLineWithSpacesByDefault) {
  const Json value = {{"b", 1}, {"a", {1.0, "x", nullptr, true}}};
  EXPECT_EQ(python_dumps(value), R"({"b": 1, "a": [1.0, "x", null, true]})");
  EXPECT_EQ(python_dumps(value, {.sort_keys = true, .compact = true}), R"({"a":[1.0,"x",null,true],"b":1})");
}

TEST(PythonDumps, IndentsAsPythonDoes) {
  const Json value = {{"a", {1, 2}}, {"e", Json::array()}, {"o", Json::object()}};
  EXPECT_EQ(python_dumps(value, {.indent = 2}), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"e\": [],\n  \"o\": {}\n}");
}

TEST(PythonDumps, EscapesControlCharactersAndOptionallyNonAscii) {
  const Json value = "a\"\\\n\t\x01\x7f\xC3\xA9\xF0\x9F\x98\x80";
  EXPECT_EQ(python_dumps(value), "\"a\\\"\\\\\\n\\t\\u0001\x7f\xC3\xA9\xF0\x9F\x98\x80\"");
  EXPECT_EQ(python_dumps(value, {.ensure_ascii = true}), "\"a\\\"\\\\\\n\\t\\u0001\\u007f\\u00e9\\ud83d\\ude00\"");
}

TEST(PythonDumps, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(python_dumps(Json("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(python_dumps(Json("\xED\xA0\x80")), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(PythonDumps, WritesNanAndInfinityByName) {
  EXPECT_EQ(python_dumps(Json(std::numeric_limits<double>::quiet_NaN())), "NaN");
  EXPECT_EQ(python_dumps(Json(-std::numeric_limits<double>::infinity())), "-Infinity");
}

TEST(WithoutLoneSurrogates, PutsTheReplacementCharacterInTheirPlace) {
  EXPECT_EQ(without_lone_surrogates(R"({"a": "x\ud83dy"})"), R"({"a": "x\ufffdy"})");
  EXPECT_EQ(without_lone_surrogates(R"("\udc00")"), R"("\ufffd")");
  EXPECT_EQ(without_lone_surrogates(R"("\ud83d\ude00")"), R"("\ud83d\ude00")");
  EXPECT_EQ(without_lone_surrogates(R"("\ud83d\ud83d\ude00")"), R"("\ufffd\ud83d\ude00")");
  EXPECT_EQ(without_lone_surrogates(R"("\\ud83d")"), R"("\\ud83d")");  // an escaped backslash
  EXPECT_EQ(without_lone_surrogates(R"("\ud83)"), R"("\ud83)");
}

}  // namespace
}  // namespace lmms_eval
