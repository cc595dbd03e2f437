#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/dataset.h"
#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::data {
namespace {

using lmms_eval::testing::TempDir;
using ::testing::ElementsAre;

TEST(CsvSplit, InfersNumbersAndTextsAndKeepsQuotedLines) {
  const TempDir folder;
  const auto file =
      folder.write("a.csv", "id,question,score,day\n1,\"a, \"\"b\"\"\nc\",0.5,2024-01-02\n2,plain,,2024-01-03\n");
  const auto split = open_csv({file}, ',');
  ASSERT_EQ(split->num_rows(), 2);
  EXPECT_THAT(split->columns(), ElementsAre("id", "question", "score", "day"));
  EXPECT_EQ(split->row(0).fields().dump(), R"({"id":1,"question":"a, \"b\"\nc","score":0.5,"day":"2024-01-02"})");
  EXPECT_EQ(split->row(1).fields().dump(), R"({"id":2,"question":"plain","score":null,"day":"2024-01-03"})");
}

TEST(CsvSplit, TakesAnotherDelimiterAndSeveralFiles) {
  const TempDir folder;
  const auto first = folder.write("a.tsv", "q\ta\nx\ty\n");
  const auto second = folder.write("b.tsv", "q\ta\nz\t\n");
  const auto split = open_csv({first, second}, '\t');
  ASSERT_EQ(split->num_rows(), 2);
  EXPECT_EQ(split->row(0).fields().dump(), R"({"q":"x","a":"y"})");
  EXPECT_EQ(split->row(1).fields().dump(), R"({"q":"z","a":null})");
  EXPECT_EQ(split->row(1).id(), 1);
}

TEST(CsvSplit, RefusesARowWithTooManyValuesAndOtherColumns) {
  const TempDir folder;
  const auto odd = folder.write("odd.csv", "q,a\n1,2,3\n");
  EXPECT_THROW(open_csv({odd}, ','), Error);
  const auto first = folder.write("a.csv", "q\n1\n"), second = folder.write("b.csv", "r\n1\n");
  EXPECT_THROW(open_csv({first, second}, ','), Error);
}

TEST(CsvSplit, NamesTheLineThatIsNotUtf8) {
  const TempDir folder;
  const auto error = [&](const std::string& text) -> std::string {
    try {
      open_csv({folder.write("a.csv", text)}, ',');
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error("q,a\nok,A\ncaf\xe9,B\n"), ::testing::HasSubstr("a.csv:3: byte 0xe9 is not UTF-8"));
  EXPECT_THAT(error("q\xe9,a\nok,A\n"), ::testing::HasSubstr("a.csv:1: byte 0xe9 is not UTF-8"));
  EXPECT_THAT(error(std::string("\xff\xfeq\0,\0a\0\n\0", 10)), ::testing::HasSubstr("a.csv:1: byte 0xff is not UTF-8"));
  EXPECT_EQ(error("q,a\ncaf\xc3\xa9,\n"), "no error");
}

}  // namespace
}  // namespace lmms_eval::data
