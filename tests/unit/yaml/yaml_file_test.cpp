#include "yaml/yaml_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::HasSubstr;

YamlFile load(const TempDir& folder, const std::string& text) { return YamlFile::load(folder.write("a.yaml", text)); }

TEST(YamlFile, ReadsValuesAsPyYamlDoes) {
  const TempDir folder;
  const auto file =
      load(folder,
           "text: hello\nquoted: \"yes\"\nflag: yes\nnumber: 010\nlist: [1, 'a', ~]\nmap: {yes: 1, 2: x}\n"
           "block: |\n  one\n  two\nfolded: >-\n  one\n  two\nnothing:\nforced: !!str 7\n");
  EXPECT_EQ(file.value.dump(),
            R"({"text":"hello","quoted":"yes","flag":true,"number":8,"list":[1,"a",null],"map":{"True":1,"2":"x"},)"
            R"("block":"one\ntwo\n","folded":"one two","nothing":null,"forced":"7"})");
}

TEST(YamlFile, TakesTheLastOfDuplicateKeysAndMerges) {
  const TempDir folder;
  const auto file =
      load(folder, "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nuse:\n  <<: [*b, *o]\n  x: 9\na: 1\na: 2\n");
  EXPECT_EQ(file.value["use"].dump(), R"({"x":9,"y":2,"z":4})");
  EXPECT_EQ(file.value["a"], 2);
}

TEST(YamlFile, KnowsThePlaceOfEachValue) {
  const TempDir folder;
  const auto file = load(folder, "task: x\nmetric_list:\n  - metric: acc\n    aggregation: mean\n  - metric: f1\n");
  const std::string name = file.path.string();
  EXPECT_EQ(file.place("/task"), name + ":1");
  EXPECT_EQ(file.place("/metric_list/0/aggregation"), name + ":4");
  EXPECT_EQ(file.place("/metric_list/1/metric"), name + ":5");
  EXPECT_EQ(file.place("/metric_list/1/gone"), name + ":5");
  EXPECT_EQ(file.folder_of("task"), folder.path());
}

TEST(YamlFile, FollowsIncludesFromItsOwnFolderWithTheNearerFileWinning) {
  const TempDir folder;
  folder.write("sub/_base_yaml", "a: 1\nb: 1\nc: 1\ninclude: ../_root_yaml\n");
  folder.write("sub/_second_yaml", "b: 2\nc: 2\nd: 2\n");
  folder.write("_root_yaml", "e: 0\na: 0\nmap: {x: 1}\n");
  const auto file =
      YamlFile::load(folder.write("sub/a.yaml", "include: [_base_yaml, _second_yaml]\na: 9\nmap: {y: 2}\n"));
  EXPECT_EQ(file.value["a"], 9);
  EXPECT_EQ(file.value["b"], 1);
  EXPECT_EQ(file.value["d"], 2);
  EXPECT_EQ(file.value["e"], 0);
  EXPECT_EQ(file.value["map"].dump(), R"({"y":2})");  // whole values, never merged deeply
  EXPECT_FALSE(file.value.contains("include"));
  EXPECT_THAT(file.place("/d"), HasSubstr("_second_yaml:3"));
  EXPECT_EQ(std::filesystem::weakly_canonical(file.folder_of("e")), std::filesystem::weakly_canonical(folder.path()));
}

TEST(YamlFile, MarksFunctions) {
  const TempDir folder;
  const auto file = load(folder, "process_results: !function utils.score\n");
  ASSERT_TRUE(is_function(file.value["process_results"]));
  EXPECT_EQ(function_name(file.value["process_results"]), "utils.score");
  EXPECT_FALSE(is_function(file.value));
}

TEST(YamlFile, SaysWhereTheYamlIsBroken) {
  const TempDir folder;
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\nb: [1, 2\n"); }), HasSubstr("a.yaml:"));
  EXPECT_THAT(error_of([&] { load(folder, "- a\n- b\n"); }), HasSubstr("must be a map"));
  EXPECT_THAT(error_of([&] { load(folder, ""); }), HasSubstr("must be a map"));
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\n---\nb: 1\n"); }), HasSubstr("a.yaml:2: a second YAML document"));
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\nb: !odd x\n"); }), HasSubstr("a.yaml:2: unknown tag !odd"));
  EXPECT_THAT(error_of([&] { load(folder, "include: gone_yaml\n"); }), HasSubstr("a.yaml:1: included file"));
  EXPECT_THAT(error_of([&] { load(folder, "include: a.yaml\n"); }),
              HasSubstr("a.yaml:1: these files include each other without end: a.yaml -> a.yaml"));
  folder.write("b.yaml", "x: 1\ninclude: a.yaml\n");
  EXPECT_THAT(error_of([&] { load(folder, "include: b.yaml\n"); }),
              HasSubstr("b.yaml:2: these files include each other without end: a.yaml -> b.yaml -> a.yaml"));
  EXPECT_THAT(error_of([&] { load(folder, "{\n"); }), HasSubstr("a bracket is not closed"));
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\ninclude: [7]\n"); }), HasSubstr("a.yaml:2: include must be"));
  EXPECT_THAT(error_of([&] { YamlFile::load(folder / "none.yaml"); }), HasSubstr("none.yaml: cannot be read"));
}

TEST(YamlFile, ReadsQuotedTextAsPyYaml) {
  const TempDir folder;
  const auto file = load(folder, "a: 'x\n\n\n  '\nb: &t !!str \"\\_\"\n? 'k\n\n  '\n: 1\nc: [*t, 'é''s']\n");
  EXPECT_EQ(file.value["a"], "x\n\n");
  EXPECT_EQ(file.value["b"], "\u00a0");
  EXPECT_EQ(file.value["k\n"], 1);
  EXPECT_EQ(file.value["c"].dump(), "[\"\u00a0\",\"é's\"]");
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\nb: \"\\ud83d\"\n"); }), HasSubstr("a.yaml:2:"));
}

TEST(YamlFile, RefusesBombs) {
  const TempDir folder;
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string above = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [" + above;
    for (int k = 1; k < 10; ++k) bomb += ", " + above;
    bomb += "]\n";
  }
  EXPECT_THAT(error_of([&] { load(folder, bomb); }), HasSubstr("more than 200000 values"));
  EXPECT_THAT(error_of([&] { load(folder, "a: &a [*a]\n"); }),
              HasSubstr("a.yaml:1: an alias inside what it stands for"));
  EXPECT_THAT(error_of([&] { load(folder, "a: " + std::string(150, '[') + std::string(150, ']') + "\n"); }),
              HasSubstr("a.yaml:1: nested more than 100 deep"));
  EXPECT_THAT(error_of([&] { load(folder, ", d\n"); }), HasSubstr("a.yaml:1: "));
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\n, d\n"); }), HasSubstr("a.yaml:2: "));
  EXPECT_THAT(error_of([&] { load(folder, "a: " + std::string(5000, '[') + "\n"); }), HasSubstr("a.yaml:"));
  EXPECT_THAT(error_of([&] { load(folder, "a: " + std::string(9 << 20, 'x') + "\n"); }), HasSubstr("9 MB"));
  EXPECT_THAT(error_of([&] { load(folder, "a: 1\nb: \xff\n"); }), HasSubstr("a.yaml:2: byte 0xff is not UTF-8"));
  EXPECT_THAT(error_of([&] { load(folder, std::string("a: 1\nb: x\0y\n", 12)); }),
              HasSubstr("a.yaml:2: control character 0x00"));
}

}  // namespace
}  // namespace lmms_eval
