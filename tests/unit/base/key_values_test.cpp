#include "base/key_values.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lmms_eval/error.h"

namespace lmms_eval {
namespace {

TEST(KeyValues, ConvertsValuesAsHandleArgStringDoes) {
  EXPECT_EQ(convert_argument("True"), true);
  EXPECT_EQ(convert_argument("FALSE"), false);
  EXPECT_EQ(convert_argument("007"), 7);
  EXPECT_TRUE(convert_argument("7").is_number_integer());
  // Only str.isnumeric texts are integers: a sign makes a float.
  EXPECT_TRUE(convert_argument("-1").is_number_float());
  EXPECT_EQ(convert_argument("-1").get<double>(), -1.0);
  EXPECT_EQ(convert_argument("+3").get<double>(), 3.0);
  EXPECT_EQ(convert_argument("1e3").get<double>(), 1000.0);
  EXPECT_EQ(convert_argument("1_000").get<double>(), 1000.0);
  EXPECT_EQ(convert_argument("1.").get<double>(), 1.0);
  EXPECT_EQ(convert_argument(" 1").get<double>(), 1.0);
  EXPECT_TRUE(std::isnan(convert_argument("nan").get<double>()));
  EXPECT_TRUE(std::isinf(convert_argument("inf").get<double>()));
  EXPECT_EQ(convert_argument("None"), "None");
  EXPECT_EQ(convert_argument(""), "");
  EXPECT_EQ(convert_argument("{\"a\":1}"), "{\"a\":1}");
  EXPECT_EQ(convert_argument("0x10"), "0x10");
  EXPECT_EQ(convert_argument("1__0"), "1__0");
}

TEST(KeyValues, SplitsOutsideQuotesAndBracketsOnly) {
  const auto values = KeyValues::parse(R"(a=1,b="x,y",c={"k":[1,2]},d=[1,2],e='p,q')", "--model_args").values();
  EXPECT_EQ(values["a"], 1);
  EXPECT_EQ(values["b"], "\"x,y\"");
  EXPECT_EQ(values["c"], "{\"k\":[1,2]}");
  EXPECT_EQ(values["d"], "[1,2]");
  EXPECT_EQ(values["e"], "'p,q'");
  EXPECT_EQ(values.size(), 5u);
}

TEST(KeyValues, SplitsAtTheFirstEqualsSignAndKeepsTheLastOfARepeatedKey) {
  const auto arguments = KeyValues::parse("url=http://h/?q=1,,a=1,a=2", "--model_args");
  EXPECT_EQ(arguments.text("url"), "http://h/?q=1");
  EXPECT_EQ(arguments.integer("a"), 2);
  EXPECT_EQ(arguments.keys(), (std::vector<std::string>{"url", "a"}));
}

TEST(KeyValues, TextIsWhatWasTypedWithoutOnePairOfQuotes) {
  const auto arguments = KeyValues::parse("a=007,b='x,y',c=True,d=None", "--model_args");
  EXPECT_EQ(arguments.text("a"), "007");
  EXPECT_EQ(arguments.text("b"), "x,y");
  EXPECT_EQ(arguments.text("c"), "True");
  EXPECT_EQ(arguments.text("d"), std::nullopt);
  EXPECT_EQ(arguments.text("absent"), std::nullopt);
}

TEST(KeyValues, APieceWithoutEqualsSignIsAUsageErrorThatNamesTheFlag) {
  try {
    KeyValues::parse("a=1,b", "--gen_kwargs");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.message().find("--gen_kwargs: 'b' has no '='"), std::string::npos) << error.message();
  }
}

TEST(KeyValues, TypedLookUpsRefuseOtherTypes) {
  const auto arguments = KeyValues::parse("n=1.5,t=abc,f=True", "--model_args");
  EXPECT_THROW(arguments.integer("n"), Error);
  EXPECT_EQ(arguments.number("n"), 1.5);
  EXPECT_THROW(arguments.number("t"), Error);
  EXPECT_THROW(arguments.boolean("n"), Error);
  EXPECT_EQ(arguments.boolean("f"), true);
}

}  // namespace
}  // namespace lmms_eval
