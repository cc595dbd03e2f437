#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

TEST(AtomicFile, WritesWholeFilesAndMakesFolders) {
  const testing::TempDir folder;
  write_file_atomically(folder / "a/b/c.json", "one");
  write_file_atomically(folder / "a/b/c.json", "two");
  EXPECT_EQ(read_file(folder / "a/b/c.json"), "two");
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "a/b")) ++entries;
  EXPECT_EQ(entries, 1);
}

TEST(AtomicFile, AFullDiskIsAnOutputErrorThatSaysSo) {
  AppendFile full("/dev/full", false);
  try {
    full.append("x");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_NE(error.message().find("No space left on device; free some space"), std::string::npos) << error.message();
  }
}

TEST(AtomicFile, ALineThatDoesNotFitLeavesNoBeginning) {
  const testing::TempDir folder;
  AppendFile file(folder / "lines");
  file.append("whole\n");
  // A file size limit takes the first bytes of a line and then refuses, as a full disk does.
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 10, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(file.append("too long\n"), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(read_file(folder / "lines"), "whole\n");
  file.append("next\n");
  EXPECT_EQ(read_file(folder / "lines"), "whole\nnext\n");
}

TEST(AtomicFile, AFolderThatCannotBeMadeIsAnOutputError) {
  const testing::TempDir folder;
  folder.write("file", "x");
  try {
    require_writable_directory(folder / "file/sub");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_NE(error.message().find("file/sub"), std::string::npos);
  }
}

TEST(AtomicFile, AppendKeepsWhatIsThereUnlessToldToTruncate) {
  const testing::TempDir folder;
  { AppendFile(folder / "log").append("a\n"); }
  {
    AppendFile file(folder / "log", false);
    EXPECT_EQ(file.size(), 2u);
    file.append("b\n");
  }
  EXPECT_EQ(read_file(folder / "log"), "a\nb\n");
}

}  // namespace
}  // namespace lmms_eval
