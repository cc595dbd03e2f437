#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace lmms_eval {
namespace {

TEST(ThreadPool, GivesResultsAndExceptionsThroughFutures) {
  ThreadPool pool(2);
  auto sum = pool.submit([] { return 3; });
  auto bad = pool.submit([]() -> int { throw std::runtime_error("no"); });
  EXPECT_EQ(sum.get(), 3);
  EXPECT_THROW(bad.get(), std::runtime_error);
}

TEST(ThreadPool, FinishesWhatWasSubmittedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool(2);
    for (int i = 0; i < 100; ++i) pool.submit([&] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace lmms_eval
