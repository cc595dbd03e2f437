#include "data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/scoped_env.h"
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

std::string error_of(const DataSource& source, const std::string& split) {
  return lmms_eval::testing::error_of([&] { open_split(source, split); });
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
  EXPECT_THAT(error_of(source(folder, "someone/data"), "test"),
              AllOf(HasSubstr("data set 'someone/data' is no local folder and the Hub's cache"),
                    HasSubstr("does not hold it"), HasSubstr("hf download someone/data --repo-type dataset")));
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
  EXPECT_THAT(error_of(hard, "test"), HasSubstr("has no folder 'medium' (dataset_name), and no README.md"));
}

TEST(OpenSplit, TakesTheConfigurationsOfTheReadme) {
  const TempDir folder;
  folder.write(
      "set/README.md",
      "---\nlicense: mit\nconfigs:\n- config_name: easy\n  data_files:\n  - split: test\n    path: e/*.jsonl\n"
      "- config_name: hard\n  default: true\n  data_files:\n  - {split: test, path: [h.jsonl]}\n---\n# About\n");
  folder.write("set/e/1.jsonl", "{\"n\": 1}\n");
  folder.write("set/h.jsonl", "{\"n\": 2}\n");
  auto set = source(folder, "set");
  EXPECT_EQ(open_split(set, "test")->row(0).fields()["n"], 2);
  set.name = "easy";
  EXPECT_EQ(open_split(set, "test")->row(0).fields()["n"], 1);
  EXPECT_THAT(error_of(set, "train"), HasSubstr("no split 'train' (it has test)"));
  set.name = "eazy";
  EXPECT_THAT(error_of(set, "test"),
              HasSubstr("no configuration 'eazy' (dataset_name); it has easy, hard; did you mean 'easy'"));
}

TEST(OpenSplit, NamesTheLineOfAReadmeThatIsWrong) {
  const TempDir folder;
  const auto refusal = [&](const std::string& configs) {
    folder.write("set/README.md", "---\n" + configs + "---\n");
    return error_of(source(folder, "set"), "test");
  };
  EXPECT_THAT(refusal("license: mit\nconfigs: all\n"), HasSubstr("README.md:3: configs must be a list"));
  EXPECT_THAT(refusal("configs:\n- data_dir: x\n"),
              HasSubstr("README.md:3: a configuration needs a text `config_name`"));
  EXPECT_THAT(refusal("configs:\n- config_name: a\n  data_files:\n  - {split: test}\n"),
              HasSubstr("README.md:5: an entry of data_files needs `split` and `path`"));
  EXPECT_THAT(refusal("configs: [{config_name: a, data_dir: gone}]\n"), HasSubstr("no such folder"));
  EXPECT_THAT(refusal("configs: [{config_name: a}, {config_name: b}]\n"),
              HasSubstr("several configurations; choose one by dataset_name: a, b"));
  EXPECT_THAT(refusal("configs: [{config_name: a, default: true}, {config_name: default}]\n"),
              HasSubstr("two default configurations, a and default"));
  EXPECT_THAT(refusal("configs: [{config_name: a, data_files: [{split: test, path: 'x/*'}]}]\n"),
              HasSubstr("holds no data file of split 'test' (its patterns: x/*)"));
  EXPECT_THAT(refusal("configs: [{config_name: a, data_files: [{split: test, path: x.csv}]}]\n"),
              HasSubstr("no such data file"));
}

TEST(OpenSplit, RefusesASplitOfWhichShardsAreMissing) {
  const TempDir folder;
  folder.write("set/data/test-00000-of-00003.jsonl", "{\"n\": 1}\n");
  folder.write("set/data/test-00002-of-00003.jsonl", "{\"n\": 1}\n");
  folder.write("set/data/train-00000-of-00001.jsonl", "{\"n\": 1}\n");
  EXPECT_THAT(error_of(source(folder, "set"), "test"),
              HasSubstr("1 file of the data set is missing from " + (folder / "set").string() +
                        ": data/test-00001-of-00003.jsonl"));
  EXPECT_EQ(open_split(source(folder, "set"), "train")->num_rows(), 1);
  // Who names one shard means one.
  EXPECT_EQ(open_split(source(folder, "set", {{"data_files", {{"test", "data/test-00000-of-00003.jsonl"}}}}), "test")
                ->num_rows(),
            1);
}

TEST(OpenSplit, ReadsTabSeparatedValuesAndRefusesFormatsThatItDoesNotKnow) {
  const TempDir folder;
  folder.write("tabs/test.tsv", "a\tb\n1\t2\n");
  EXPECT_EQ(open_split(source(folder, "tabs"), "test")->row(0).fields()["b"], 2);
  folder.write("pictures/test/1.jpg", "");
  folder.write("pictures/test/2.jpg", "");
  folder.write("pictures/test/metadata.csv", "a\n1\n");
  EXPECT_THAT(error_of(source(folder, "pictures"), "test"),
              HasSubstr("is of .jpg files (imagefolder), which are not read in this version"));
}

TEST(OpenSplit, FindsDataSetsOfTheHubInItsCacheAndBelowTheDatasetRoot) {
  const TempDir folder;
  const ScopedEnv cache{{"HF_HUB_CACHE", (folder / "cache").string()}};
  const std::string repo = "cache/datasets--some--set/";
  folder.write(repo + "refs/main", "abc\n");
  folder.write(repo + "blobs/1", "{\"n\": 1}\n");
  std::filesystem::create_directories(folder / (repo + "snapshots/abc"));
  std::filesystem::create_symlink("../../blobs/1", folder / (repo + "snapshots/abc/test.jsonl"));
  EXPECT_EQ(open_split(source(folder, "some/set"), "test")->row(0).fields()["n"], 1);
  EXPECT_EQ(open_split(source(folder, "some/set", {{"revision", "abc"}}), "test")->num_rows(), 1);
  EXPECT_THAT(error_of(source(folder, "some/set", {{"revision", "v2"}}), "test"),
              AllOf(HasSubstr("holds only its revisions abc, main, not v2"),
                    HasSubstr("hf download some/set --repo-type dataset --revision v2")));

  folder.write("root/some/set/test.jsonl", "{\"n\": 2}\n");
  folder.write("root/other/test.jsonl", "{\"n\": 3}\n");
  auto rooted = source(folder, "some/set");
  rooted.root = folder / "root";
  EXPECT_EQ(open_split(rooted, "test")->row(0).fields()["n"], 2);
  rooted.path = "any/other";
  EXPECT_EQ(open_split(rooted, "test")->row(0).fields()["n"], 3);
  rooted.path = "any/gone";
  EXPECT_THAT(error_of(rooted, "test"), HasSubstr("not in --dataset_root " + (folder / "root").string()));
}

}  // namespace
}  // namespace lmms_eval::data
