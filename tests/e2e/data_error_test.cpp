#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "e2e/image_parquet.h"
#include "e2e/program.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

ProgramResult run_mine(const TempDir& folder, std::vector<std::string> more = {}, const std::string& task = "mine") {
  std::vector<std::string> arguments = {"--model",     "dummy", "--model_args",   "decode_num_frames=1",
                                        "--tasks",     task,    "--include_path", folder.path().string(),
                                        "--verbosity", "ERROR"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return lmms_eval(arguments);
}

std::vector<ImageRow> rows(int count) {
  std::vector<ImageRow> list;
  for (int i = 0; i < count; ++i) list.push_back({tiny_png(i), "what is it?", "A"});
  return list;
}

TEST(DataErrors, ATaskOfOnesOwnRuns) {
  const TempDir folder;
  folder.write("mine.yaml", image_task());
  write_image_parquet(folder / "data.parquet", rows(5), 2);
  const auto run = run_mine(folder);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("|mine "), std::string::npos) << run.out;
}

TEST(DataErrors, ACorruptPictureCostsItsOwnDocOnly) {
  const TempDir folder;
  folder.write("mine.yaml", image_task());
  auto list = rows(5);
  list[2].image = list[2].image.substr(0, list[2].image.size() / 2);
  write_image_parquet(folder / "data.parquet", list, 2);
  const auto run = run_mine(folder, {"--output_path", (folder / "r.json").string(), "--log_samples"});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("mine: 1 doc unscorable (first: doc 2)"), std::string::npos) << run.err;
  const auto results = read_json(folder / "r.json");
  EXPECT_EQ(results["n-samples"]["mine"]["answered"], 4);
  EXPECT_EQ(results["n-samples"]["mine"]["unscorable"], 1);
  EXPECT_EQ(results["results"]["mine"]["exact_match,none"], 1.0);
  EXPECT_NE(run.out.find("4/5 docs"), std::string::npos) << run.out;
}

TEST(DataErrors, ASelectedBrokenYamlIsNamedWithItsLineOthersAreCounted) {
  const TempDir folder;
  folder.write("mine.yaml", image_task() + "metric_list: [\n");
  const auto selected = run_mine(folder);
  EXPECT_EQ(selected.status, 1) << selected.err;
  EXPECT_TRUE(is_one_line(selected.err)) << selected.err;
  EXPECT_NE(selected.err.find("mine.yaml:"), std::string::npos) << selected.err;
  const auto other = run_mine(folder, {"--limit", "1"}, "digits");
  EXPECT_EQ(other.status, 0) << other.err;
}

TEST(DataErrors, AMissingDataFileIsNamed) {
  const TempDir folder;
  folder.write("mine.yaml", image_task());
  const auto run = run_mine(folder);
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("data.parquet"), std::string::npos) << run.err;
}

TEST(DataErrors, ATruncatedParquetFileIsNamed) {
  const TempDir folder;
  folder.write("mine.yaml", image_task());
  write_image_parquet(folder / "data.parquet", rows(5), 2);
  std::filesystem::resize_file(folder / "data.parquet", std::filesystem::file_size(folder / "data.parquet") - 20);
  const auto run = run_mine(folder);
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("data.parquet"), std::string::npos) << run.err;
}

TEST(DataErrors, AnUnwritableOutputIsSaidBeforeAnythingRuns) {
  const auto run = lmms_eval({"--model", "dummy", "--tasks", "digits", "--limit", "1", "--output_path", "/proc/nowhere",
                              "--verbosity", "ERROR"});
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("/proc/nowhere"), std::string::npos) << run.err;
}

TEST(DataErrors, AFullDiskIsSaidAndTheRunFails) {
  // A results file on a full device: /dev/full refuses every byte.
  const TempDir folder;
  std::filesystem::create_symlink("/dev/full", folder / "c_rank0.db");
  const auto run = lmms_eval({"--model", "dummy", "--tasks", "digits", "--limit", "1", "--use_cache",
                              (folder / "c_").string(), "--verbosity", "ERROR"});
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
}

TEST(Memory, DoesNotGrowWithTheNumberOfDocs) {
  const TempDir folder;
  folder.write("mine.yaml", image_task());
  long peaks[2];
  const int counts[2] = {1000, 100000};
  for (int i = 0; i < 2; ++i) {
    write_noise_parquet(folder / "data.parquet", counts[i], 500);
    const auto run = run_mine(folder, {"--log_samples", "--output_path", (folder / "out").string()});
    ASSERT_EQ(run.status, 0) << run.err;
    peaks[i] = run.peak_kilobytes;
  }
  EXPECT_LT(static_cast<double>(peaks[1]), 1.2 * static_cast<double>(peaks[0]))
      << peaks[0] << " kB for 1,000 docs, " << peaks[1] << " kB for 100,000";
  RecordProperty("peak_kb_1000", static_cast<int>(peaks[0]));
  RecordProperty("peak_kb_100000", static_cast<int>(peaks[1]));
}

}  // namespace
}  // namespace lmms_eval::testing
