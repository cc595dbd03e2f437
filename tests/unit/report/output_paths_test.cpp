#include "report/output_paths.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

TEST(ModelName, IsTakenFromTheFirstKnownKey) {
  EXPECT_EQ(model_name_from_args("dtype=auto,pretrained=org/name"), "org/name");
  EXPECT_EQ(model_name_from_args("base_url=http://h/v1,model=gpt"), "gpt");
  EXPECT_EQ(model_name_from_args("base_model=x,model_version=v"), "v");  // base_model is not model
  EXPECT_EQ(model_name_from_args(""), "");
}

TEST(ModelName, IsMadeFitForAFolder) {
  EXPECT_EQ(sanitized_model_name("org/name"), "org__name");
  EXPECT_EQ(sanitized_model_name("/a/b/c"), "b__c");
  EXPECT_EQ(sanitized_model_name("a/b/"), "b__");
  EXPECT_EQ(sanitized_model_name("a:b|?c"), "a__b__c");
  EXPECT_EQ(sanitized_model_name(".."), "__");
  EXPECT_EQ(sanitized_model_name("."), "__");
}

TEST(OutputPaths, AFolderGetsASubFolderForTheModel) {
  const testing::TempDir folder;
  const auto paths = OutputPaths::prepare((folder / "logs/").string(), "pretrained=org/name", "");
  EXPECT_EQ(paths.results.parent_path(), folder / "logs/org__name");
  EXPECT_EQ(paths.results.filename().string(), paths.date + "_results.json");
  EXPECT_EQ(paths.samples("digits").filename().string(), paths.date + "_samples_digits.jsonl");
}

TEST(OutputPaths, AJsonPathNamesTheResultsFileAndSamplesLieBeside) {
  const testing::TempDir folder;
  const auto json = OutputPaths::prepare((folder / "out/r.json").string(), "pretrained=org/name", "S");
  EXPECT_EQ(json.results, folder / "out/r.json");
  EXPECT_FALSE(json.one_line);
  EXPECT_EQ(json.samples("digits"), folder / ("out/" + json.date + "_samples_digits_S.jsonl"));
  EXPECT_TRUE(OutputPaths::prepare((folder / "r.jsonl").string(), "", "").one_line);
}

TEST(OutputPaths, TwoRunsWithinASecondDoNotShareFiles) {
  const testing::TempDir folder;
  const auto first = OutputPaths::prepare(folder.path().string(), "", "");
  folder.write(first.results.filename().string(), "{}");
  const auto second = OutputPaths::prepare(folder.path().string(), "", "");
  EXPECT_NE(first.date, second.date);
}

TEST(OutputPaths, TwoRunsThatStartTogetherDoNotShareFiles) {
  const testing::TempDir folder;
  const auto first = OutputPaths::prepare(folder.path().string(), "", "");
  const auto second = OutputPaths::prepare(folder.path().string(), "", "");  // the first has written nothing yet
  EXPECT_NE(first.date, second.date);
}

TEST(OutputPaths, LeavesNothingBehindWhenNothingWasWritten) {
  const testing::TempDir folder;
  { const auto paths = OutputPaths::prepare(folder.path().string(), "", ""); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(OutputPaths, APlaceThatCannotBeWrittenIsAnErrorAtTheStart) {
  const testing::TempDir folder;
  folder.write("file", "x");
  try {
    OutputPaths::prepare((folder / "file").string(), "", "");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
  }
}

}  // namespace
}  // namespace lmms_eval
