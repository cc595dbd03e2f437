#include "models/local/torch/image_store.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "lmms_eval/error.h"
#include "unit/models/local/torch/fake_family.h"

namespace lmms_eval::local {
namespace {

using testing::FakeFamily;
using testing::picture;

TEST(ImageStore, GivesThreadsThatAskAtOnceTheSamePicture) {
  const FakeFamily family;
  ImageStore store(family, 4);
  const auto medium = picture(5);
  std::vector<std::shared_ptr<StoredImage>> got(8);
  std::latch start(static_cast<std::ptrdiff_t>(got.size()));
  {
    std::vector<std::jthread> threads;
    for (auto& place : got)
      threads.emplace_back([&] {
        start.arrive_and_wait();
        place = store.get(medium, false);
      });
  }
  for (const auto& each : got) EXPECT_EQ(each, got.front());
  EXPECT_EQ(family.processed.load(), 1);
  EXPECT_EQ(got.front()->tokens, 5);
}

TEST(ImageStore, KeepsTheTwoTilingsApart) {
  const FakeFamily family;
  ImageStore store(family, 4);
  EXPECT_EQ(store.get(picture(5), false)->processed.tiles, 2);
  EXPECT_EQ(store.get(picture(5), true)->processed.tiles, 1);
}

TEST(ImageStore, DropsThePictureThatWasUsedLongestAgo) {
  const FakeFamily family;
  ImageStore store(family, 2);
  const auto held = store.get(picture(1), false);
  store.get(picture(2), false);
  store.get(picture(1), false);
  store.get(picture(3), false);  // 2 goes
  EXPECT_EQ(family.processed.load(), 3);
  EXPECT_EQ(store.get(picture(1), false), held);
  EXPECT_EQ(family.processed.load(), 3);
  store.get(picture(2), false);
  EXPECT_EQ(family.processed.load(), 4);
  EXPECT_EQ(held->tokens, 1);
}

TEST(ImageStore, RefusesABrokenPictureEachTime) {
  const FakeFamily family;
  ImageStore store(family, 2);
  const auto broken = MediaRef::from_bytes(MediaKind::image, "no picture", "broken.png");
  for (int i = 0; i < 2; ++i) {
    try {
      store.get(broken, false);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      EXPECT_NE(error.message().find("broken.png"), std::string::npos);
    }
  }
  EXPECT_EQ(store.get(picture(3), false)->tokens, 3);
}

}  // namespace
}  // namespace lmms_eval::local
