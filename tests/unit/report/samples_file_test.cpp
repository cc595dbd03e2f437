#include "report/samples_file.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "support/fake_task.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

OutputPaths paths_in(const testing::TempDir& folder) {
  OutputPaths paths;
  paths.folder = folder.path();
  paths.date = "20260101_000000";
  return paths;
}

TEST(SamplesFile, LinesComeInTheOrderOfFiltersAndDocs) {
  const testing::TempDir folder;
  const testing::FakeTask task("t", 3);
  SamplesFile file(paths_in(folder));
  file.sample({&task, 2, 0, "n2"});
  file.sample({&task, 2, 1, "f2"});
  file.sample({&task, 0, 0, "n0"});
  file.sample({&task, 0, 1, "f0"});
  file.sample({&task, 1, 0, "n1"});
  file.sample({&task, 1, 1, "f1"});
  file.finish(Results());
  EXPECT_EQ(read_file(folder / "20260101_000000_samples_t.jsonl"), "n0\nn1\nn2\nf0\nf1\nf2\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "20260101_000000_samples_t.jsonl.partial"));
}

TEST(SamplesFile, LinesAreOnDiskBeforeTheRunEnds) {
  const testing::TempDir folder;
  const testing::FakeTask task("t", 3);
  SamplesFile file(paths_in(folder));
  file.sample({&task, 1, 0, "n1"});
  EXPECT_EQ(read_file(folder / "20260101_000000_samples_t.jsonl.partial"), "n1\n");
}

TEST(SamplesFile, AnAbortedRunKeepsItsFinishedDocs) {
  const testing::TempDir folder;
  const testing::FakeTask task("t", 3);
  SamplesFile file(paths_in(folder));
  file.sample({&task, 1, 0, "n1"});
  file.sample({&task, 0, 0, "n0"});
  file.abort();
  EXPECT_EQ(read_file(folder / "20260101_000000_samples_t.jsonl"), "n0\nn1\n");
}

}  // namespace
}  // namespace lmms_eval
