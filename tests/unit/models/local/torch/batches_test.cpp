#include "models/local/torch/batches.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "unit/models/local/torch/fake_stream.h"

namespace lmms_eval::local {
namespace {

using testing::FakeStream;

Request request(std::int64_t doc, int index, RequestType type = RequestType::loglikelihood) {
  Request made;
  made.type = type;
  made.task = "t";
  made.doc_id = doc;
  made.index = index;
  return made;
}

void add_choices(std::vector<Request>& requests, std::int64_t doc, int choices) {
  for (int i = 0; i < choices; ++i) requests.push_back(request(doc, i));
}

/// The tickets of each batch until there are no more.
std::vector<std::vector<std::uint64_t>> all_batches(FakeStream& stream, std::size_t size) {
  std::vector<std::vector<std::uint64_t>> batches;
  BatchPuller puller;
  for (auto batch = puller.pull(stream, size); !batch.empty(); batch = puller.pull(stream, size)) {
    auto& tickets = batches.emplace_back();
    for (const auto& streamed : batch) tickets.push_back(streamed.ticket);
  }
  return batches;
}

TEST(BatchPuller, CountsLoglikelihoodInDocsAndHoldsTheNextDocBack) {
  std::vector<Request> requests;
  for (std::int64_t doc = 0; doc < 5; ++doc) add_choices(requests, doc, 3);
  FakeStream stream(requests);
  const auto batches = all_batches(stream, 2);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0], (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(batches[1], (std::vector<std::uint64_t>{6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(batches[2], (std::vector<std::uint64_t>{12, 13, 14}));
}

TEST(BatchPuller, KeepsTypesApart) {
  std::vector<Request> requests;
  add_choices(requests, 0, 2);
  for (int i = 0; i < 3; ++i) requests.push_back(request(1 + i, 0, RequestType::generate_until));
  add_choices(requests, 9, 2);
  FakeStream stream(requests);
  std::vector<std::uint64_t> seen;
  BatchPuller puller;
  for (auto batch = puller.pull(stream, 4); !batch.empty(); batch = puller.pull(stream, 4))
    for (const auto& streamed : batch) {
      EXPECT_EQ(streamed.request.type, batch.front().request.type);
      seen.push_back(streamed.ticket);
    }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(BatchPuller, DividesADocOfVeryManyChoices) {
  std::vector<Request> requests;
  add_choices(requests, 0, 40);
  add_choices(requests, 1, 2);
  FakeStream stream(requests);
  const auto batches = all_batches(stream, 1);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[0].size(), 32u);
  EXPECT_EQ(batches[1].size(), 8u);
  EXPECT_EQ(batches[2], (std::vector<std::uint64_t>{40, 41}));
}

TEST(BatchPuller, GivesOutWhatItHeldBackWhenTheRunStops) {
  std::vector<Request> requests;
  for (std::int64_t doc = 0; doc < 3; ++doc) add_choices(requests, doc, 2);
  FakeStream stream(requests);
  BatchPuller puller;
  EXPECT_EQ(puller.pull(stream, 1).size(), 2u);
  stream.stop = true;
  const auto rest = puller.pull(stream, 1);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].ticket, 2u);
  EXPECT_TRUE(puller.pull(stream, 1).empty());
}

TEST(RunInParts, HalvesUntilItFitsAndLeavesNothingOut) {
  std::vector<std::size_t> done, sizes;
  run_in_parts(11, [&](std::size_t begin, std::size_t count) {
    sizes.push_back(count);
    if (count > 3) return false;
    for (std::size_t i = 0; i < count; ++i) done.push_back(begin + i);
    return true;
  });
  EXPECT_EQ(sizes, (std::vector<std::size_t>{11, 6, 3, 3, 3, 2}));
  std::vector<std::size_t> all(11);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  EXPECT_EQ(done, all);
}

TEST(OutOfMemory, IsKnownFromOtherErrors) {
  EXPECT_TRUE(is_out_of_memory(std::bad_alloc()));
  EXPECT_FALSE(is_out_of_memory(std::runtime_error("can't allocate memory")));
  const auto caught = [](auto action) {
    try {
      action();
    } catch (const std::exception& error) {
      return is_out_of_memory(error);
    }
    ADD_FAILURE() << "no error";
    return false;
  };
  EXPECT_FALSE(caught([] { at::zeros({2}) + at::zeros({3}); }));
#ifndef __SANITIZE_ADDRESS__  // which ends the process instead
  EXPECT_TRUE(caught([] { at::empty({std::int64_t{1} << 45}); }));
#endif
}

}  // namespace
}  // namespace lmms_eval::local
