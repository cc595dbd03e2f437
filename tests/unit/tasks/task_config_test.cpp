#include "tasks/task_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/captured_log.h"
#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

TaskConfig config(const TempDir& folder, const std::string& yaml, const FieldOverrides& overrides = {}) {
  return TaskConfig(YamlFile::load(folder.write("a.yaml", yaml)), overrides);
}

TEST(TaskConfig, HasLmmsEvalsDefaults) {
  const TempDir folder;
  const auto task = config(folder, "task: x\n");
  EXPECT_EQ(task.text("output_type"), "generate_until");
  EXPECT_EQ(task.text("target_delimiter"), " ");
  EXPECT_EQ(task.text("fewshot_delimiter"), "\n\n");
  EXPECT_EQ(task["repeats"], 1);
  EXPECT_FALSE(task.has("metric_list"));
}

TEST(TaskConfig, WithoutDefaultsKeepsWhatTheTaskSays) {
  const TempDir folder;
  auto task = config(folder, "task: x\nrepeats: 1\nfewshot_delimiter: '#'\noutput_type: loglikelihood\n");
  task.set("num_fewshot", 0);
  EXPECT_EQ(without_defaults(task.dump()).dump(),
            R"({"task":"x","fewshot_delimiter":"#","output_type":"loglikelihood"})");
  task.set("num_fewshot", 2);
  EXPECT_EQ(without_defaults(task.dump())["num_fewshot"], 2);
}

TEST(TaskConfig, DumpsNonNullFieldsInDeclarationOrder) {
  const TempDir folder;
  const auto task = config(
      folder, "metadata: {version: 1.0}\nprocess_docs: !function u.f\ndoc_to_text: q\ntask: x\ndataset_name: null\n");
  std::vector<std::string> names;
  const Json dumped = task.dump();
  for (const auto& [name, value] : dumped.items()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("task", "full_docs", "process_results_use_image", "process_docs", "doc_to_text",
                                 "description", "target_delimiter", "fewshot_delimiter", "output_type", "repeats",
                                 "should_decontaminate", "score_key", "metadata", "auto_strip_thinking"));
  EXPECT_EQ(dumped["process_docs"], "<function u.f>");
  EXPECT_EQ(dumped["metadata"].dump(), R"({"version":1.0})");
}

TEST(TaskConfig, RefusesWrongTypesWithTheirLine) {
  const TempDir folder;
  EXPECT_THAT(error_of([&] { config(folder, "task: x\nrepeats: many\n"); }),
              HasSubstr("a.yaml:2: repeats must be a whole number"));
  EXPECT_THAT(error_of([&] { config(folder, "task: x\n\nmetric_list: acc\n"); }),
              HasSubstr("a.yaml:3: metric_list must be a list"));
  EXPECT_THAT(error_of([&] { config(folder, "generation_kwargs: [1]\n"); }),
              HasSubstr("a.yaml:1: generation_kwargs must be a map"));
  EXPECT_THAT(error_of([&] { config(folder, "process_docs: f\n"); }),
              HasSubstr("process_docs must be a map with `function`"));
  EXPECT_THAT(error_of([&] { config(folder, "full_docs: 1\n"); }), HasSubstr("full_docs must be true or false"));
}

TEST(TaskConfig, WarnsAboutUnknownFieldsWithTheNearestName) {
  const CapturedLog log;
  const TempDir folder;
  config(folder, "task: x\ndoc_to_txt: q\n");
  EXPECT_THAT(log.text(),
              AllOf(HasSubstr("a.yaml:2: unknown field 'doc_to_txt'"), HasSubstr("did you mean 'doc_to_text'")));
}

TEST(TaskConfig, TakesANumberWhereANameIsWanted) {
  const TempDir folder;
  EXPECT_EQ(config(folder, "dataset_name: 2024\n").text("dataset_name"), "2024");
}

TEST(TaskConfig, OverridesWinAndKeepTheirPlace) {
  const TempDir folder;
  FieldOverrides overrides;
  overrides.set("num_fewshot", 3, "group.yaml:9");
  overrides.set("generation_kwargs", Json{{"max_new_tokens", 7}}, "sub/group.yaml:10");
  const auto task = config(folder, "task: x\nnum_fewshot: 1\ngeneration_kwargs: {temperature: 0}\n", overrides);
  EXPECT_EQ(task["num_fewshot"], 3);
  EXPECT_EQ(task["generation_kwargs"].dump(), R"({"max_new_tokens":7})");
  EXPECT_EQ(task.place("num_fewshot"), "group.yaml:9");
  EXPECT_EQ(task.place("generation_kwargs/temperature"), "sub/group.yaml:10");
  EXPECT_EQ(task.folder_of("generation_kwargs"), "sub");
}

TEST(TaskConfig, ReadsGroupOfATaskAsItsTag) {
  const TempDir folder;
  EXPECT_EQ(config(folder, "task: x\ngroup: old\n").text("tag"), "old");
  EXPECT_THAT(error_of([&] { config(folder, "task: x\ngroup: old\ntag: new\n"); }),
              HasSubstr("a.yaml:2: group and tag say the same thing"));
}

}  // namespace
}  // namespace lmms_eval
