#include "yaml/yaml_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

using ::testing::ElementsAre;
using Kind = ScannedValue::Kind;

TEST(ScanKeys, ReadsWhatAFileIs) {
  const auto keys = scan_keys(
      "# a comment\ntask: \"mine\"   # named so\ntag:\n  - one\n  - 'two'\ninclude: _base_yaml\noutput_type: "
      "generate_until\n"
      "description: |\n  task: not this\n  tag: nor this\ndoc_to_text: \"a # b\"\nmetric_list:\n- metric: acc\n");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->task.text(), "mine");
  EXPECT_THAT(keys->tag.texts, ElementsAre("one", "two"));
  EXPECT_EQ(keys->include.text(), "_base_yaml");
  EXPECT_EQ(keys->output_type.text(), "generate_until");
  EXPECT_EQ(keys->group.kind, Kind::absent);
}

TEST(ScanKeys, ReadsKeysInQuotesAndBlanksBeforeColons) {
  const auto keys = scan_keys("\"task\": \"a\"\n'tag' : t\ngroup : g\n");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->task.text(), "a");
  EXPECT_EQ(keys->tag.text(), "t");
  EXPECT_EQ(keys->group.text(), "g");
}

TEST(ScanKeys, PassesOverTextsInQuotesThatGoOnOverLines) {
  for (const char* text :
       {"\"one\ntask: two\"", "\"one\\n\\\n  \\n\"", "'it''s\n\n  # no comment' # but this", "\"a \\\" b\ntask: c\""}) {
    const auto keys = scan_keys("description: " + std::string(text) + "\ntask: mine\n");
    ASSERT_TRUE(keys) << text;
    EXPECT_EQ(keys->task.text(), "mine") << text;
  }
}

TEST(ScanKeys, ReadsGroups) {
  for (const char* yaml : {"group: all\ntask:\n  - a\n  - task: b\n    num_fewshot: 3\n",
                           "group: all\ntask:\n- a\n- b\n", "group: all\ntask: [a, b]\n"}) {
    const auto keys = scan_keys(yaml);
    ASSERT_TRUE(keys) << yaml;
    EXPECT_EQ(keys->task.kind, Kind::list) << yaml;
    EXPECT_EQ(keys->group.text(), "all");
  }
}

TEST(ScanKeys, TakesTheLastOfDuplicateKeysAndTheTypesOfPyYaml) {
  EXPECT_EQ(scan_keys("task: a\ntask: b\n")->task.text(), "b");
  EXPECT_EQ(scan_keys("task: yes\n")->task.kind, Kind::other);
  EXPECT_EQ(scan_keys("task: 2024\n")->task.kind, Kind::other);
  EXPECT_EQ(scan_keys("task: '2024'\r\n")->task.text(), "2024");
  EXPECT_EQ(scan_keys("task:\n")->task.kind, Kind::absent);
  EXPECT_THAT(scan_keys("task: a\ntag: [x, \"y\"]\n")->tag.texts, ElementsAre("x", "y"));
}

TEST(ScanKeys, LeavesToTheParserWhatItCannotBeSureOf) {
  for (const char* yaml :
       {"task: &name a\n", "task: *name\n", "task: \"a\\x41\"\n", "task: a\n  b\n", "{task: a}\n", "? task\n: a\n",
        "<<: *base\ntask: a\n", "task: |\n  a\n", "description: \"one\n", "description: 'it''s' x\n  y: 1\n",
        "\"task: a\n", "task:a\n", "task: a\nmap: {x: 1,\ntask: b}\n", "\ttask: a\n", "- task: a\n",
        "task: a\n---\ntask: b\n", "tag:\n  - {x: 1}\ntask: a\n", "task: a: b\n"})
    EXPECT_FALSE(scan_keys(yaml)) << yaml;
}

}  // namespace
}  // namespace lmms_eval
