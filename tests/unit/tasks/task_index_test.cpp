#include "tasks/task_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TaskIndexOf : public ::testing::TestWithParam<TaskIndex::Trust> {
 protected:
  TaskIndex index(const TempDir& folder) const {
    TaskIndex index;
    index.add_folder(folder.path(), GetParam());
    return index;
  }
};

INSTANTIATE_TEST_SUITE_P(BothWaysOfReading, TaskIndexOf,
                         ::testing::Values(TaskIndex::Trust::bundled, TaskIndex::Trust::foreign));

TEST_P(TaskIndexOf, FindsTasksGroupsAndTagsBelowAFolder) {
  const TempDir folder;
  folder.write("a/_base_yaml", "output_type: multiple_choice\ntag: shared\n");
  folder.write("a/one.yaml", "task: one\ninclude: _base_yaml\n");
  folder.write("a/two.yaml", "include: _base_yaml\ntask: \"two\"\ntag: [own, other]\noutput_type: loglikelihood\n");
  folder.write("b/all.yaml", "group: all\ntask:\n  - one\n  - two\n");
  folder.write("b/template.yaml", "output_type: generate_until\n");
  folder.write("b/__pycache__/no.yaml", "task: no\n");
  folder.write("b/notes.yml", "task: no\n");
  const auto found = index(folder);
  EXPECT_THAT(found.names(), ElementsAre("all", "one", "other", "own", "shared", "two"));
  EXPECT_EQ(found.entries().at("one").kind, "task");
  EXPECT_EQ(found.entries().at("one").output_type, "multiple_choice");
  EXPECT_EQ(found.entries().at("two").output_type, "loglikelihood");
  EXPECT_EQ(found.entries().at("all").kind, "group");
  EXPECT_EQ(found.entries().at("shared").kind, "tag");
  EXPECT_THAT(found.entries().at("shared").members, ElementsAre("one"));
  EXPECT_EQ(found.broken_files(), 0U);
}

TEST_P(TaskIndexOf, CountsFilesWithMissingIncludesAndKeepsTheirReason) {
  const TempDir folder;
  folder.write("good.yaml", "task: good\n");
  folder.write("bad.yaml", "task: bad\ninclude: gone_yaml\n");
  folder.write("nameless.yaml", "task: [good]\n");
  folder.write("empty.yaml", "task: ''\n");
  folder.write("number.yaml", "task: 5\n");
  const auto found = index(folder);
  EXPECT_EQ(found.broken_files(), 4U);
  EXPECT_THAT(found.names(), ElementsAre("good"));
  EXPECT_THAT(found.entries().at("bad").broken, HasSubstr("gone_yaml"));
}

TEST(TaskIndex, CountsForeignFilesThatDoNotParse) {
  const TempDir folder;
  folder.write("bad.yaml", "task: bad\nmetric_list: [\n");
  TaskIndex index;
  index.add_folder(folder.path(), TaskIndex::Trust::foreign);
  EXPECT_EQ(index.broken_files(), 1U);
  EXPECT_THAT(index.entries().at("bad").broken, HasSubstr("bad.yaml:"));
}

TEST(TaskIndex, LaterFoldersWinAlsoWithABrokenFile) {
  const TempDir first, second;
  first.write("x.yaml", "task: x\n");
  first.write("y.yaml", "task: y\n");
  second.write("mine.yaml", "task: x\n");
  second.write("broken.yaml", "task: y\na: [\n");
  TaskIndex index;
  index.add_folder(first.path(), TaskIndex::Trust::bundled);
  index.add_folder(second.path(), TaskIndex::Trust::foreign);
  EXPECT_EQ(index.entries().at("x").yaml, second / "mine.yaml");
  EXPECT_EQ(index.entries().at("y").yaml, second / "broken.yaml");
  EXPECT_THAT(index.entries().at("y").broken, HasSubstr("broken.yaml:"));
  EXPECT_EQ(index.broken_files(), 1U);
}

}  // namespace
}  // namespace lmms_eval
