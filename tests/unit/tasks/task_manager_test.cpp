#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const std::vector<TaskNode>& nodes) {
  std::vector<std::string> list;
  for (const auto& node : nodes) list.push_back(node.name);
  return list;
}

/// Tasks a, b, c (b and c tagged `tagged`) and the group `both` of a and b.
class TaskManagerOf : public ::testing::Test {
 protected:
  TaskManagerOf() {
    write_task(folder_, kData + kText, "a");
    write_task(folder_, kData + kText + "tag: tagged\n", "b");
    write_task(folder_, kData + kText + "tag: [tagged]\ntask_alias: Task C\n", "c");
    folder_.write(
        "both.yaml",
        "group: both\ngroup_alias: Both of them\ntask:\n  - a\n  - b\nmetadata: {version: 2}\naggregate_metric_list:\n"
        "  - metric: exact_match\n    weight_by_size: true\n");
  }
  TaskManager manager() const { return TaskManager({folder_.path()}, false); }
  std::vector<TaskNode> load(const std::vector<std::string>& selectors, const TaskOverrides& overrides = {}) const {
    return manager().load(selectors, overrides);
  }
  TempDir folder_;
};

TEST_F(TaskManagerOf, ListsItsEntries) {
  const auto entries = manager().entries();
  std::vector<std::string> shown;
  for (const auto& entry : entries) shown.push_back(entry.name + " " + entry.kind);
  EXPECT_THAT(shown, ElementsAre("a task", "b task", "both group", "c task", "tagged tag"));
}

TEST_F(TaskManagerOf, SelectsNamesWildcardsAndTagsSortedByName) {
  EXPECT_THAT(names(load({"c", "a"})), ElementsAre("a", "c"));
  EXPECT_THAT(names(load({"b*", "b"})), ElementsAre("b", "both"));
  EXPECT_THAT(names(load({"[ac]"})), ElementsAre("a", "c"));
  EXPECT_THAT(names(load({"tagged"})), ElementsAre("b", "c"));
  EXPECT_EQ(load({"c"})[0].alias, "Task C");
}

TEST_F(TaskManagerOf, LoadsGroupsWithWhatTheyAggregate) {
  const auto nodes = load({"both"});
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].alias, "Both of them");
  EXPECT_EQ(nodes[0].version, "2");
  EXPECT_EQ(nodes[0].task, nullptr);
  EXPECT_THAT(names(nodes[0].members), ElementsAre("a", "b"));
  ASSERT_EQ(nodes[0].aggregate.size(), 1U);
  EXPECT_EQ(nodes[0].aggregate[0].metric, "exact_match");
  EXPECT_TRUE(nodes[0].aggregate[0].weight_by_size);
  EXPECT_TRUE(nodes[0].aggregate[0].filters.empty());  // lm-eval's rule, for tasks of text alone: all that members have
  EXPECT_TRUE(nodes[0].shows_num_fewshot);
}

TEST_F(TaskManagerOf, BuildsATaskOnceWhereItIsAskedForTwice) {
  const auto nodes = load({"a", "both"});
  EXPECT_EQ(nodes[0].task, nodes[1].members[0].task);
}

TEST_F(TaskManagerOf, PushesAGroupsFieldsDownThroughNestedGroups) {
  write_task(folder_, kData + kText, "d");
  folder_.write("outer.yaml",
                "group: outer\nnum_fewshot: 1\ntask:\n  - both\n  - task: c\n    num_fewshot: 3\n  - task: c\n    "
                "description: D\n"
                "  - group: inner\n    task: [d]\n    description: Inner\n");
  const auto outer = load({"outer"})[0];
  EXPECT_THAT(names(outer.members), ElementsAre("both", "c", "c-1", "outer::inner"));
  EXPECT_EQ(outer.members[0].members[0].task->num_fewshot(), 1);
  EXPECT_EQ(outer.members[1].task->num_fewshot(), 1);  // what comes from above wins
  EXPECT_EQ(outer.members[2].task->name(), "c-1");
  EXPECT_EQ(outer.members[2].task->dump_config()["task"], "c");
  EXPECT_EQ(outer.members[2].task->dump_config()["description"], "D");
  EXPECT_EQ(outer.members[3].members[0].task->dump_config()["description"], "Inner");
}

TEST_F(TaskManagerOf, RefusesOneNameForTwoDifferentTasks) {
  folder_.write("other.yaml", "group: other\nnum_fewshot: 1\ntask: [a]\n");
  EXPECT_THAT(error_of([&] { load({"both", "other"}); }), HasSubstr("'a' is asked for in two forms"));
}

TEST_F(TaskManagerOf, TakesTasksWrittenOutInsideAGroup) {
  folder_.write("_base_yaml", kData + kText);
  folder_.write("written.yaml", "group: written\ntask:\n  - task: own\n    include: _base_yaml\n    description: X\n");
  const auto group = load({"written"})[0];
  EXPECT_THAT(names(group.members), ElementsAre("written::own"));  // as in lm-eval
  EXPECT_EQ(group.members[0].task->num_docs(), 4);
  EXPECT_EQ(group.members[0].task->dump_config()["description"], "X");
}

TEST_F(TaskManagerOf, CallsGroupsInsideAGroupAfterIt) {
  folder_.write("outer.yaml",
                "group: outer\ntask:\n  - group: stem\n    task:\n      - group: deep\n        task: [c]\n"
                "  - group: both\n    num_fewshot: 3\n");
  const auto group = load({"outer"})[0];
  EXPECT_THAT(names(group.members), ElementsAre("outer::stem", "both"));
  EXPECT_EQ(group.members[0].alias, "outer::stem");
  EXPECT_THAT(names(group.members[0].members), ElementsAre("outer::stem::deep"));
  EXPECT_EQ(group.members[1].members[0].task->dump_config()["num_fewshot"], 3);
}

TEST_F(TaskManagerOf, KeepsTheNamesOfGroupsOfTasksWithPictures) {
  folder_.write("seen.yaml", "task: seen\n" + kData + kText + "doc_to_visual: picture\n");
  folder_.write("outer.yaml", "group: outer\ntask:\n  - group: inner\n    task: [seen]\n");
  EXPECT_THAT(names(load({"outer"})[0].members), ElementsAre("inner"));
}

TEST_F(TaskManagerOf, SaysWhatIsWrongWithAGroup) {
  const auto refusal = [&](const std::string& yaml) {
    folder_.write("bad.yaml", yaml);
    return error_of([&] { load({"bad"}); });
  };
  EXPECT_THAT(refusal("group: bad\ntask:\n  - a\n  - bb\n"),
              AllOf(HasSubstr("bad.yaml:4: no task, group or tag 'bb'"), HasSubstr("did you mean 'b")));
  EXPECT_THAT(refusal("group: bad\ntask:\n  - bad\n"), HasSubstr("group 'bad' holds itself: bad -> bad"));
  folder_.write("inner.yaml", "group: inner\ntask: [a, bad]\n");
  EXPECT_THAT(refusal("group: bad\ntask: [inner]\n"), HasSubstr("group 'bad' holds itself: bad -> inner -> bad"));
  EXPECT_THAT(refusal("group: bad\ntask: []\n"), HasSubstr("has no members"));
  EXPECT_THAT(refusal("group: bad\ntask: [a]\naggregate_metric_list:\n  - metric: acc\n    weight: true\n"),
              HasSubstr("bad.yaml:5: unknown key 'weight'"));
  EXPECT_THAT(refusal("group: bad\ntask: [a]\naggregate_metric_list:\n  - metric: acc\n    aggregation: sum\n"),
              HasSubstr("bad.yaml:5: the aggregation of a group must be mean"));
}

TEST_F(TaskManagerOf, NamesTheNearestForAnUnknownName) {
  folder_.write("longer.yaml", "task: longer\n" + kData + kText);
  try {
    load({"longr"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.message(), HasSubstr("--tasks longr: no such task, group or tag; did you mean 'longer'"));
  }
  EXPECT_THAT(error_of([&] { load({"z*"}); }), HasSubstr("--tasks z*: matches no task"));
  folder_.write("odd.yaml", "- a list\n");
  EXPECT_THAT(error_of([&] { load({"odd"}); }), HasSubstr("; 1 task file could not be read, --verbosity DEBUG"));
}

TEST_F(TaskManagerOf, CountsABrokenFileAndNamesItsLineWhenItIsSelected) {
  folder_.write("broken.yaml", "task: broken\nmetric_list: [\n");
  EXPECT_EQ(manager().broken_files(), 1U);
  EXPECT_THAT(names(load({"*"})), ElementsAre("a", "b", "both", "c"));
  try {
    load({"broken"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("broken.yaml:"));
  }
}

TEST_F(TaskManagerOf, ABrokenFileThatOverridesAGoodOneIsNotReplacedByIt) {
  const TempDir mine;
  mine.write("a.yaml", "task: a\ndataset_path: [\n");
  const TaskManager both({folder_.path(), mine.path()}, false);
  EXPECT_THAT(error_of([&] { both.load({"a"}, {}); }), HasSubstr("a.yaml:"));
  EXPECT_THAT(names(both.load({"b"}, {})), ElementsAre("b"));
}

TEST_F(TaskManagerOf, ANameOfTwoFilesInOneFolderStandsForNeither) {
  folder_.write("sub/a.yaml", "task: a\n" + kData + kText);
  EXPECT_THAT(error_of([&] { load({"a"}); }),
              AllOf(HasSubstr((folder_ / "a.yaml").string()), HasSubstr((folder_ / "sub/a.yaml").string()),
                    HasSubstr("both define 'a'; rename one")));
  EXPECT_THAT(error_of([&] { load({"both"}); }), HasSubstr("both define 'a'"));
  EXPECT_THAT(names(load({"?"})), ElementsAre("b", "c"));
  EXPECT_THAT(names(load({(folder_ / "a.yaml").string()})), ElementsAre("a"));
}

TEST_F(TaskManagerOf, RefusesTwoFilesThatDefineOneName) {
  const TempDir mine;
  write_task(mine, kData + kText, "a");
  EXPECT_THAT(error_of([&] {
                load({"a", (mine / "a.yaml").string()});
              }),
              AllOf(HasSubstr("'a' stands for"), HasSubstr((mine / "a.yaml").string())));
  EXPECT_THAT(names(load({"a", (folder_ / "a.yaml").string()})), ElementsAre("a"));
}

TEST_F(TaskManagerOf, TakesAYamlFileAndAFolderByPath) {
  const TempDir other;
  write_task(other, kData + kText, "x");
  write_task(other, kData + kText, "y");
  other.write("pair.yaml", "group: pair\ntask: [x, a]\n");
  EXPECT_THAT(names(load({(other / "x.yaml").string()})), ElementsAre("x"));
  const auto pair = load({(other / "pair.yaml").string()});
  EXPECT_THAT(names(pair[0].members), ElementsAre("x", "a"));
  EXPECT_THAT(names(load({other.path().string()})), ElementsAre("pair", "y"));
  EXPECT_THAT(error_of([&] { load({(other / "z.yaml").string()}); }), HasSubstr("no such task"));
}

TEST(TaskManager, BundledTasksAllParseAndLoad) {
  const TaskManager manager;
  EXPECT_EQ(manager.broken_files(), 0U);
  for (const auto& entry : manager.entries()) EXPECT_NO_THROW(manager.load({entry.name}, {})) << entry.name;
  for (const auto& file : std::filesystem::recursive_directory_iterator(TaskManager::bundled_tasks()))
    if (file.path().extension() == ".yaml") EXPECT_NO_THROW(YamlFile::load(file.path())) << file.path();
}

TEST(TaskManager, RefusesAMissingIncludePath) {
  EXPECT_THAT(error_of([] { TaskManager({"/no/such/folder"}, false); }),
              HasSubstr("--include_path /no/such/folder: no such folder"));
}

}  // namespace
}  // namespace lmms_eval
