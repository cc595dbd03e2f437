#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "e2e/image_parquet.h"
#include "e2e/program.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

namespace fs = std::filesystem;

bool may_mount() { return run_program({"/usr/bin/unshare", "--mount", "/bin/true"}).status == 0; }

/// Runs the program with `folder`/disk as a file system of `size` of its own; what is on it at the end is then in
/// `folder`/kept.
ProgramResult on_small_disk(const TempDir& folder, const std::string& size, const std::vector<std::string>& arguments) {
  fs::create_directory(folder / "disk");
  static constexpr const char* kScript =
      "mount -t tmpfs -o size=\"$1\" tmpfs \"$2/disk\" || exit 125\n"
      "folder=$2; shift 2\n"
      "\"$@\"; status=$?\n"
      "cp -r \"$folder/disk\" \"$folder/kept\"; exit $status\n";
  std::vector<std::string> all = {"/usr/bin/unshare", "--mount", "/bin/bash",   "-c",         kScript,
                                  "small_disk",       size,      folder.path(), LMMS_EVAL_BIN};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_program(all);
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(FullDisk, ATableThatCannotBePrintedIsAFailure) {
  const std::string bin = LMMS_EVAL_BIN;
  for (const std::string& command :
       {bin + " --model dummy --tasks digits --limit 2 > /dev/full", bin + " --help > /dev/full"}) {
    const auto run = run_program({"/bin/sh", "-c", command});
    EXPECT_EQ(run.status, 1) << command;
    EXPECT_NE(run.err.find("cannot write to standard output"), std::string::npos) << run.err;
  }
}

TEST(FullDisk, WhileSamplesAreWrittenLosesNeitherTheScoresNorWholeLines) {
  if (!may_mount()) GTEST_SKIP() << "mounting a small disk is not permitted here (unshare --mount)";
  const TempDir folder;
  const auto run = on_small_disk(folder, "64k",
                                 {"--model", "dummy", "--tasks", "digits", "--log_samples", "--output_path",
                                  (folder / "disk/out").string(), "--verbosity", "ERROR"});
  ASSERT_NE(run.status, 125) << run.err;
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.out.find("|digits|"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("No space left on device"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("_samples_digits"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("unexpected error"), std::string::npos) << run.err;
  std::size_t lines = 0, files = 0;
  for (const auto& file : files_ending(folder / "kept", "")) {
    if (file.filename().string().find("_samples_digits") == std::string::npos) continue;
    ++files;
    EXPECT_TRUE(content_of(file).ends_with("\n")) << file;
    lines += read_jsonl(file).size();  // throws for a line that is cut
  }
  EXPECT_EQ(files, 1u);
  EXPECT_GT(lines, 0u);
  EXPECT_LT(lines, 360u) << "the disk was too large for this test";
}

TEST(FullDisk, WhileTheCacheIsWrittenStopsAskingAndKeepsTheScores) {
  if (!may_mount()) GTEST_SKIP() << "mounting a small disk is not permitted here (unshare --mount)";
  const TempDir folder;
  const auto run = on_small_disk(folder, "96k",
                                 {"--model", "dummy", "--tasks", "digits", "--use_cache", (folder / "disk/c_").string(),
                                  "--output_path", (folder / "r.json").string(), "--verbosity", "ERROR"});
  ASSERT_NE(run.status, 125) << run.err;
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.out.find("|digits|"), std::string::npos) << run.out << run.err;
  EXPECT_NE(run.err.find("no more requests are sent"), std::string::npos) << run.err;
  const auto counts = read_json(folder / "r.json")["n-samples"]["digits"];
  EXPECT_GT(counts["answered"], 0);
  EXPECT_GT(counts["not_run"], 0) << "the disk was too large for this test";
}

TEST(FullDisk, WhileTheResultsAreWrittenIsOneClearLineBehindTheTable) {
  if (!may_mount()) GTEST_SKIP() << "mounting a small disk is not permitted here (unshare --mount)";
  const TempDir folder;
  const auto run = on_small_disk(folder, "4k",
                                 {"--model", "dummy", "--tasks", "digits_all", "--limit", "2", "--output_path",
                                  (folder / "disk/out").string(), "--verbosity", "ERROR"});
  ASSERT_NE(run.status, 125) << run.err;
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.out.find("| - digits   |"), std::string::npos) << run.out;
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("_results.json"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("No space left on device"), std::string::npos) << run.err;
  EXPECT_TRUE(files_ending(folder / "kept", "_results.json").empty()) << "half a results file";
}

TEST(Outputs, ASuffixOfSamplesFilesMakesNoFolders) {
  const TempDir folder;
  for (const char* suffix : {"a/b", "../a", "/a"}) {
    const auto run = lmms_eval({"--model", "dummy", "--tasks", "digits", "--limit", "1", "--log_samples",
                                "--log_samples_suffix", suffix, "--output_path", (folder / "out").string()});
    EXPECT_EQ(run.status, 2) << suffix;
    EXPECT_TRUE(is_one_line(run.err)) << run.err;
    EXPECT_NE(run.err.find("--log_samples_suffix"), std::string::npos) << run.err;
    EXPECT_TRUE(fs::is_empty(folder.path())) << suffix;
  }
}

TEST(Outputs, RunsThatStartTogetherInOneFolderDoNotMixTheirFiles) {
  const TempDir folder;
  const std::vector<int> limits = {20, 30, 40};
  std::vector<std::thread> threads;
  std::vector<int> statuses(limits.size(), -1);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string limit = std::to_string(limits[i]);
      statuses[i] = lmms_eval({"--model", "dummy", "--model_args", "response=run" + limit, "--tasks", "digits",
                               "--limit", limit, "--log_samples", "--output_path", folder.path().string()})
                        .status;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(statuses, std::vector<int>(limits.size(), 0));
  const auto results = files_ending(folder.path(), "_results.json");
  EXPECT_EQ(results.size(), limits.size());
  std::set<std::size_t> seen;
  for (const auto& file : results) {
    const auto count = read_json(file)["n-samples"]["digits"]["answered"].get<std::size_t>();
    seen.insert(count);
    // The samples of the same stamp are those of the same run.
    const std::string stamp = file.filename().string().substr(0, std::string("YYYYMMDD_HHMMSS").size());
    const auto samples = read_jsonl(file.parent_path() / (stamp + "_samples_digits.jsonl"));
    EXPECT_EQ(samples.size(), count) << file;
    for (const auto& line : samples) EXPECT_EQ(line["filtered_resps"], "run" + std::to_string(count)) << file;
  }
  EXPECT_EQ(seen, (std::set<std::size_t>{20, 30, 40}));
  for (const auto& file : files_ending(folder.path(), ""))
    EXPECT_TRUE(file.extension() == ".json" || file.extension() == ".jsonl") << file << " was left behind";
}

TEST(Outputs, ATokenOfATaskIsInNoFile) {
  const TempDir folder;
  const std::string token = "hf_abcdefghijklmnop";
  folder.write("mine.yaml",
               image_task("mine", {{"dataset_kwargs", "{data_files: {test: data.parquet}, token: " + token + "}"}}));
  write_image_parquet(folder / "data.parquet", {{tiny_png(1), "what is it?", "A"}}, 1);
  const auto run = lmms_eval({"--model", "dummy", "--tasks", "mine", "--include_path", folder.path().string(),
                              "--log_samples", "--show_config", "--write_out", "--verbosity", "DEBUG", "--use_cache",
                              (folder / "out/c_").string(), "--output_path", (folder / "out").string()});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out.find(token), std::string::npos) << run.out;
  EXPECT_EQ(run.err.find(token), std::string::npos) << run.err;
  const auto files = files_ending(folder / "out", "");
  EXPECT_GE(files.size(), 3u);
  for (const auto& file : files) EXPECT_EQ(content_of(file).find(token), std::string::npos) << file;
}

}  // namespace
}  // namespace lmms_eval::testing
