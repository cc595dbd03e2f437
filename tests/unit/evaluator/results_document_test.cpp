#include "evaluator/results_document.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/fake_task.h"

namespace lmms_eval {
namespace {

using testing::FakeTask;
using testing::leaf;

struct Fixture {
  std::vector<TaskNode> tasks;
  std::vector<std::unique_ptr<TaskRun>> runs;

  std::shared_ptr<Task> add(const std::string& name, const std::vector<double>& values) {
    auto task = std::make_shared<FakeTask>(name, static_cast<std::int64_t>(values.size()));
    runs.push_back(std::make_unique<TaskRun>(task, std::nullopt, 0));
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::vector<ScoredFilter> scores(1);
      scores[0].filter = "none";
      scores[0].values.emplace_back("exact_match", values[i]);
      runs.back()->add_scores(static_cast<std::int64_t>(i), scores);
    }
    runs.back()->counts.answered = static_cast<std::int64_t>(values.size());
    return task;
  }

  void group(std::vector<std::shared_ptr<Task>> members, bool weight_by_size) {
    TaskNode node;
    node.name = "g";
    node.alias = "G";
    for (auto& member : members) node.members.push_back(leaf(member));
    node.aggregate = {{"exact_match", {"none"}, weight_by_size}};
    tasks.push_back(std::move(node));
  }
};

TEST(ResultsDocument, GroupsAggregateWithPooledStandardError) {
  Fixture fixture;
  auto a = fixture.add("a", {1, 1, 1, 0});
  auto b = fixture.add("b", {0, 0});
  fixture.group({a, b}, true);
  const auto document = results_document(fixture.tasks, fixture.runs, 0, false);
  EXPECT_DOUBLE_EQ(document["results"]["g"]["exact_match,none"].get<double>(), 0.5);
  // FakeTask's error is 0.25 everywhere: sqrt((3*.0625*4 + 1*.0625*2) / (6-2) / 6)
  EXPECT_DOUBLE_EQ(document["results"]["g"]["exact_match_stderr,none"].get<double>(),
                   std::sqrt((0.75 + 0.125) / 4 / 6));
  EXPECT_EQ(document["results"]["a"]["alias"], " - a");
  EXPECT_EQ(document["results"]["g"]["alias"], "G");
  EXPECT_EQ(document["groups"]["g"], document["results"]["g"]);
  EXPECT_EQ(document["group_subtasks"]["g"], nlohmann::ordered_json::array({"a", "b"}));
}

TEST(ResultsDocument, AsLmmsEvalAnEntryCountsForEveryMetricWithItsNameInIt) {
  Fixture fixture;
  auto a = fixture.add("a", {1, 0});
  fixture.group({a}, false);
  fixture.tasks[0].aggregate[0].metric = "match";
  EXPECT_FALSE(results_document(fixture.tasks, fixture.runs, 0, false)["results"]["g"].contains("exact_match,none"));
  fixture.tasks[0].aggregate[0].part_of_name = true;
  const auto row = results_document(fixture.tasks, fixture.runs, 0, false)["results"]["g"];
  EXPECT_EQ(row["exact_match,none"], 0.5);
  EXPECT_TRUE(row.contains("exact_match_stderr,none"));
}

TEST(ResultsDocument, PlainMeanIgnoresSizes) {
  Fixture fixture;
  auto a = fixture.add("a", {1, 1, 1, 0});
  auto b = fixture.add("b", {0, 0});
  fixture.group({a, b}, false);
  const auto document = results_document(fixture.tasks, fixture.runs, 0, false);
  EXPECT_DOUBLE_EQ(document["results"]["g"]["exact_match,none"].get<double>(), 0.375);
}

TEST(ResultsDocument, AGroupWithAnUnscoredMemberHasNoValue) {
  Fixture fixture;
  auto a = fixture.add("a", {1, 0});
  auto empty = std::make_shared<FakeTask>("b", 2);
  fixture.runs.push_back(std::make_unique<TaskRun>(empty, std::nullopt, 0));
  fixture.group({a, empty}, false);
  const auto document = results_document(fixture.tasks, fixture.runs, 0, false);
  EXPECT_EQ(document["results"]["g"]["exact_match,none"], "N/A");
}

TEST(ResultsDocument, AGroupWithoutAggregationIsAnEmptyRow) {
  Fixture fixture;
  auto a = fixture.add("a", {1});
  TaskNode node;
  node.name = node.alias = "g";
  node.members.push_back(leaf(a));
  fixture.tasks.push_back(node);
  const auto document = results_document(fixture.tasks, fixture.runs, 0, false);
  EXPECT_EQ(document["results"]["g"], (nlohmann::ordered_json{{" ", " "}, {"alias", "g"}}));
  EXPECT_FALSE(document.contains("groups"));
}

}  // namespace
}  // namespace lmms_eval
