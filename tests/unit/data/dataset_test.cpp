#include "data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"
#include "unit/data/parquet_file.h"

namespace lmms_eval::data {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

DataSource source(const TempDir& folder, const std::string& path, const Json& kwargs = Json::object()) {
  DataSource source;
  source.path = path;
  source.kwargs = kwargs;
  source.folder = folder.path();
  source.where = "mine.yaml:2";
  return source;
}

template <typename Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of(const DataSource& source, const std::string& split) {
  return error_of([&] { open_split(source, split); });
}

TEST(OpenSplit, TakesDataFilesRelativeToTheYaml) {
  const TempDir folder;
  folder.write("a.jsonl", "{\"n\": 1}\n");
  folder.write("parts/b1.jsonl", "{\"n\": 2}\n");
  folder.write("parts/b2.jsonl", "{\"n\": 3}\n");
  const auto mapped =
      source(folder, "json", {{"data_files", {{"test", "a.jsonl"}, {"train", {"a.jsonl", "parts/*.jsonl"}}}}});
  EXPECT_EQ(open_split(mapped, "test")->num_rows(), 1);
  const auto train = open_split(mapped, "train");
  ASSERT_EQ(train->num_rows(), 3);
  EXPECT_EQ(train->row(2).fields()["n"], 3);
  EXPECT_EQ(open_split(source(folder, "json", {{"data_files", "a.jsonl"}}), "train")->num_rows(), 1);
}

TEST(OpenSplit, NamesWhatIsMissing) {
  const TempDir folder;
  folder.write("a.jsonl", "{\"n\": 1}\n");
  const Json files = {{"data_files", {{"test", "a.jsonl"}, {"train", "gone.jsonl"}, {"odd", "gone*.jsonl"}}}};
  EXPECT_THAT(error_of(source(folder, "json", files), "tests"),
              AllOf(HasSubstr("mine.yaml:2"), HasSubstr("no split 'tests' (it has test, train, odd)"),
                    HasSubstr("did you mean 'test'")));
  EXPECT_THAT(error_of(source(folder, "json", files), "train"),
              AllOf(HasSubstr("no such data file"), HasSubstr("gone.jsonl")));
  EXPECT_THAT(error_of(source(folder, "json", files), "odd"), HasSubstr("no data file matches"));
  EXPECT_THAT(error_of(source(folder, "json", {{"data_files", "a.jsonl"}}), "test"),
              HasSubstr("has no split 'test' (it has train)"));
  EXPECT_THAT(error_of(source(folder, "parquet"), "test"), HasSubstr("needs dataset_kwargs.data_files"));
  EXPECT_THAT(error_of(source(folder, "json", {{"data_files", 5}}), "test"),
              HasSubstr("data_files must be a file name"));
}

TEST(OpenSplit, RefusesWhatThisVersionCannotLoad) {
  const TempDir folder;
  EXPECT_THAT(
      error_of(source(folder, "someone/data"), "test"),
      AllOf(HasSubstr("data sets of a hub are not supported in this version"), HasSubstr("hf download someone/data")));
  EXPECT_THAT(error_of(source(folder, "arrow", {{"data_files", "x"}}), "test"),
              HasSubstr("dataset_path arrow is not supported"));
  EXPECT_THAT(error_of(source(folder, ".", {{"load_from_disk", true}}), "test"),
              HasSubstr("load_from_disk is not supported"));
  EXPECT_THAT(error_of(source(folder, ".", {{"video", true}}), "test"),
              HasSubstr("dataset_kwargs.video is not supported"));
  EXPECT_THAT(error_of(source(folder, "json", {{"data_file", "x"}}), "test"), HasSubstr("did you mean 'data_files'"));
  EXPECT_THAT(error_of(source(folder, "json", {{"data_files", 7}}), "train"),
              HasSubstr("data_files must be a file name"));
  EXPECT_THAT(error_of(source(folder, "json", {{"data_files", "https://x.org/a.json"}}), "train"),
              HasSubstr("URLs cannot be read"));
}

TEST(OpenSplit, FindsSplitsInALocalFolder) {
  const TempDir folder;
  folder.write("set/README.md", "about");
  folder.write("set/data/validation-00000-of-00001.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
  write_parquet(folder.write("set/data/test-00001-of-00002.parquet", ""), {{"n", integers({3})}});
  write_parquet(folder.write("set/data/test-00000-of-00002.parquet", ""), {{"n", integers({1, 2})}});
  folder.write("set/.cache/test-00000-of-00001.parquet", "not a data file");
  const auto test = open_split(source(folder, "set"), "test");
  ASSERT_EQ(test->num_rows(), 3);
  EXPECT_EQ(test->row(2).fields()["n"], 3);
  EXPECT_EQ(open_split(source(folder, (folder / "set").string()), "validation")->num_rows(), 2);
  EXPECT_THAT(error_of(source(folder, "set"), "train"), HasSubstr("no split 'train' (it has test, validation)"));
}

TEST(OpenSplit, FindsTheFolderOfAConfiguration) {
  const TempDir folder;
  folder.write("set/easy/test.jsonl", "{\"n\": 1}\n");
  folder.write("set/hard/test.jsonl", "{\"n\": 2}\n");
  auto hard = source(folder, "set");
  hard.name = "hard";
  EXPECT_EQ(open_split(hard, "test")->row(0).fields()["n"], 2);
  EXPECT_EQ(open_split(source(folder, "set", {{"data_dir", "easy"}}), "test")->row(0).fields()["n"], 1);
  hard.name = "medium";
  EXPECT_THAT(error_of(hard, "test"), HasSubstr("has no folder 'medium' (dataset_name)"));
}

TEST(SplitOfFile, FollowsTheNamesOfTheDatasetsLibrary) {
  EXPECT_EQ(split_of_file("data/test-00000-of-00003.parquet"), "test");
  EXPECT_EQ(split_of_file("testmini-00000-of-00001-1b2c.parquet"), "testmini");
  EXPECT_EQ(split_of_file("dev.jsonl"), "validation");
  EXPECT_EQ(split_of_file("my_training_set.csv"), "train");
  EXPECT_EQ(split_of_file("val/part1.csv"), "validation");
  EXPECT_EQ(split_of_file("testmini.parquet"), "testmini");
}

}  // namespace
}  // namespace lmms_eval::data
