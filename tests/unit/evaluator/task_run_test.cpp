#include "evaluator/task_run.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "support/fake_task.h"

namespace lmms_eval {
namespace {

using testing::FakeTask;

TEST(TaskRun, LimitRulesFollowTheReference) {
  const auto requested = [](std::optional<double> limit, std::int64_t offset) {
    return TaskRun(std::make_shared<FakeTask>("t", 7), limit, offset).counts.requested;
  };
  EXPECT_EQ(requested(std::nullopt, 0), 7);
  EXPECT_EQ(requested(-1, 0), 7);
  EXPECT_EQ(requested(0.5, 0), 4);  // ceil(3.5)
  EXPECT_EQ(requested(1.0, 0), 1);
  EXPECT_EQ(requested(2.9, 0), 2);
  EXPECT_EQ(requested(100, 0), 7);
  EXPECT_EQ(requested(5, 4), 3);
  EXPECT_THROW(requested(0, 0), Error);
  EXPECT_THROW(requested(3, 7), Error);
  EXPECT_THROW(requested(-2, 0), Error);
}

TEST(ValueColumn, KeepsDocOrderWhateverTheOrderOfArrival) {
  ValueColumn column(4);
  column.set(3, 0.5);
  column.set(0, 1.0);
  column.set(1, {{"score", 1}});
  const auto values = column.values();
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0], 1.0);
  EXPECT_EQ(values[1]["score"], 1);
  EXPECT_EQ(values[2], 0.5);
}

TEST(OrderedHash, DoesNotDependOnTheOrderOfArrival) {
  OrderedHash forward, backward, other;
  for (int i = 0; i < 5; ++i) forward.add(i, std::to_string(i));
  for (int i = 5; i-- > 0;) backward.add(i, std::to_string(i));
  for (int i = 0; i < 5; ++i) other.add(i, std::to_string(i + 1));
  const std::string hash = forward.finish();
  EXPECT_EQ(hash, backward.finish());
  EXPECT_NE(hash, other.finish());
}

TEST(TaskRun, SumsUpProblemsByReason) {
  TaskRun run(std::make_shared<FakeTask>("t", 50), std::nullopt, 0);
  run.add_problem(Status::failed, 9, "HTTP 500");
  run.add_problem(Status::failed, 4, "HTTP 500");
  run.add_problem(Status::unscorable, 1, "bad\nimage");
  const auto lines = run.problems();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "t: 2 docs failed (first: doc 4): HTTP 500");
  EXPECT_EQ(lines[1], "t: 1 doc unscorable (first: doc 1): bad image");
}

TEST(TaskRun, SumsUpProblemsThatDifferInTheDocAlone) {
  TaskRun run(std::make_shared<FakeTask>("t", 100), std::nullopt, 0);
  for (std::int64_t doc = 99; doc >= 0; --doc)
    run.add_problem(Status::unscorable, doc, "doc " + std::to_string(doc) + ": its target is null");
  run.add_problem(Status::failed, 3, "HTTP 500 after 7 tries");
  run.add_problem(Status::failed, 4, "HTTP 429 after 9 tries");
  const auto lines = run.problems();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "t: 1 doc failed (first: doc 4): HTTP 429 after 9 tries");
  EXPECT_EQ(lines[1], "t: 1 doc failed (first: doc 3): HTTP 500 after 7 tries");
  EXPECT_EQ(lines[2], "t: 100 docs unscorable (first: doc 0): doc 0: its target is null");
}

}  // namespace
}  // namespace lmms_eval
