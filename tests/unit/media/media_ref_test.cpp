#include "lmms_eval/media.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

constexpr auto kShaOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(MediaRef, HoldsTheBytesItIsGiven) {
  const auto ref = MediaRef::from_bytes(MediaKind::audio, "abc", "a/b.wav");
  EXPECT_EQ(ref.kind(), MediaKind::audio);
  EXPECT_EQ(ref.bytes(), "abc");
  EXPECT_EQ(ref.sha256(), kShaOfAbc);
  EXPECT_EQ(ref.reference(), "a/b.wav");
}

TEST(MediaRef, IsReferredToByItsHashWhenItHasNoName) {
  EXPECT_EQ(MediaRef::from_bytes(MediaKind::image, "abc", "").reference(), std::string("sha256:") + kShaOfAbc);
}

TEST(MediaRef, ReadsAFileOnlyWhenAskedAndOnce) {
  const testing::TempDir folder;
  const auto file = folder / "later.bin";
  const auto ref = MediaRef::from_file(MediaKind::video, file.string());
  EXPECT_EQ(ref.name(), file.string());
  folder.write("later.bin", "abc");
  EXPECT_EQ(ref.bytes(), "abc");
  folder.write("later.bin", "changed");
  EXPECT_EQ(ref.bytes(), "abc");
  EXPECT_EQ(ref.sha256(), kShaOfAbc);
}

TEST(MediaRef, NamesAFileThatCannotBeReadAndMayTryAgain) {
  const testing::TempDir folder;
  const auto ref = MediaRef::from_file(MediaKind::image, (folder / "missing.png").string());
  try {
    ref.bytes();
    FAIL() << "a missing file was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(error.message().find("missing.png"), std::string::npos) << error.message();
  }
  folder.write("missing.png", "abc");
  EXPECT_EQ(ref.bytes(), "abc");
}

TEST(MediaRef, AnEmptyPathIsAnErrorAndNotAnEmptyPicture) {
  EXPECT_THROW(MediaRef::from_file(MediaKind::image, "").bytes(), Error);
}

TEST(MediaRef, CopiesShareTheirBytesAcrossThreads) {
  const testing::TempDir folder;
  const auto ref = MediaRef::from_file(MediaKind::image, folder.write("shared", std::string(100000, 'x')).string());
  std::vector<const char*> starts(8);
  std::vector<std::thread> threads;
  for (auto& start : starts) threads.emplace_back([&start, copy = ref] { start = copy.bytes().data(); });
  for (auto& thread : threads) thread.join();
  for (const auto* start : starts) EXPECT_EQ(start, ref.bytes().data());
}

TEST(MediaKind, HasAName) {
  EXPECT_EQ(to_string(MediaKind::image), "image");
  EXPECT_EQ(to_string(MediaKind::video), "video");
  EXPECT_EQ(to_string(MediaKind::audio), "audio");
}

}  // namespace
}  // namespace lmms_eval
