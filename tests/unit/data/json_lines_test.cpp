#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/dataset.h"
#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::data {
namespace {

using lmms_eval::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(JsonLines, ReadsRowsByTheirOffsetsAcrossFilesAndEmptyLines) {
  const TempDir folder;
  const auto first = folder.write("a.jsonl", "{\"q\": \"one\", \"n\": 1}\n\n{\"q\": \"two\", \"n\": 2.5}\n");
  const auto second = folder.write("b.jsonl", "{\"q\": \"three\", \"n\": null}");
  const auto split = open_json({first, second}, "");
  ASSERT_EQ(split->num_rows(), 3);
  EXPECT_EQ(split->row(2).fields().dump(), R"({"q":"three","n":null})");
  EXPECT_EQ(split->row(0).fields().dump(), R"({"q":"one","n":1})");
  EXPECT_EQ(split->row(1).fields().dump(), R"({"q":"two","n":2.5})");
  EXPECT_EQ(split->row(1).id(), 1);
}

TEST(JsonLines, FillsKeysThatARowLacksWithNull) {
  const TempDir folder;
  const auto split = open_json({folder.write("a.jsonl", "{\"a\": {\"x\": 1}}\n{\"b\": [1], \"a\": 2}\n")}, "");
  EXPECT_THAT(split->columns(), ElementsAre("a", "b"));
  EXPECT_EQ(split->row(0).fields().dump(), R"({"a":{"x":1},"b":null})");
  EXPECT_EQ(split->row(1).fields().dump(), R"({"a":2,"b":[1]})");
}

TEST(JsonLines, NamesTheLineThatIsNoObject) {
  const TempDir folder;
  const auto broken = folder.write("a.jsonl", "{\"a\": 1}\n\n{\"a\": \n");
  EXPECT_THAT(error_of([&] { open_json({broken}, ""); }), HasSubstr("a.jsonl:3: no valid JSON"));
  const auto number = folder.write("b.jsonl", "{\"a\": 1}\n7\n");
  EXPECT_THAT(error_of([&] { open_json({number}, ""); }), HasSubstr("b.jsonl:2: not a JSON object"));
}

TEST(JsonLines, SaysWhatIsWrongWithALine) {
  const TempDir folder;
  const auto error = [&](const std::string& line) {
    const auto file = folder.write("a.jsonl", "{\"a\": 1}\n" + line + "\n");
    return error_of([&] { open_json({file}, ""); });
  };
  EXPECT_THAT(error("{\"a\": \"caf\xe9\"}"), HasSubstr("a.jsonl:2: byte 0xe9 is not UTF-8; save the file as UTF-8"));
  EXPECT_THAT(error("{\"a\": "), HasSubstr("a.jsonl:2: no valid JSON at character 7: unexpected end of input"));
  EXPECT_THAT(error("{\"a\": NaN}"), HasSubstr("a.jsonl:2: no valid JSON at character 7: invalid literal"));
  const std::string deep = "{\"a\": " + std::string(300, '[') + std::string(300, ']') + "}";
  EXPECT_THAT(error(deep), HasSubstr("a.jsonl:2: lists and objects nested more than 200 deep"));
}

TEST(JsonDocument, SaysWhatIsWrongWithIt) {
  const TempDir folder;
  const auto error = [&](const std::string& text) {
    const auto file = folder.write("a.json", text);
    return error_of([&] { open_json({file}, ""); });
  };
  EXPECT_THAT(error("[{\"a\":\n \"caf\xe9\"}]"), HasSubstr("a.json:2: byte 0xe9 is not UTF-8"));
  EXPECT_THAT(error("[{\"a\": 1},\n{\"a\":]"), HasSubstr("a.json:2: no valid JSON at character 6: unexpected ']'"));
  EXPECT_THAT(error(std::string(300, '[') + std::string(300, ']')), HasSubstr("a.json: lists and objects nested more"));
  EXPECT_EQ(error("[{\"a\": \"" + std::string(300, '[') + "\\\"\"}]"), "no error") << "brackets in a text";
}

TEST(JsonDocument, ReadsAListOfObjectsAndANamedField) {
  const TempDir folder;
  const auto list = folder.write("a.json", "\n [{\"a\": 1}, {\"a\": 2, \"b\": \"x\"}]");
  const auto split = open_json({list}, "");
  ASSERT_EQ(split->num_rows(), 2);
  EXPECT_EQ(split->row(0).fields().dump(), R"({"a":1,"b":null})");
  const auto inside = folder.write("b.json", "{\"version\": 1, \"data\": [{\"a\": 5}]}");
  EXPECT_EQ(open_json({inside}, "data")->row(0).fields()["a"], 5);
  EXPECT_THAT(error_of([&] { open_json({inside}, "rows"); }), HasSubstr("b.json: has no field 'rows'"));
}

TEST(JsonDocument, NamesAFileThatIsBrokenOrHoldsOtherThings) {
  const TempDir folder;
  const auto cut = folder.write("cut.json", "[{\"a\": 1},");
  EXPECT_THAT(error_of([&] { open_json({cut}, ""); }), HasSubstr("cut.json:1: "));
  const auto numbers = folder.write("numbers.json", "[1, 2]");
  EXPECT_THAT(error_of([&] { open_json({numbers}, ""); }), HasSubstr("numbers.json: item 0 is not an object"));
}

}  // namespace
}  // namespace lmms_eval::data
