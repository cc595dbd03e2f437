#include "tasks/configurable_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

TEST(ConfigurableTask, BuildsOneRequestADocFromItsYaml) {
  const TempDir folder;
  const auto task =
      make_task(folder, kData + kText +
                            "doc_to_visual: picture\ndescription: \"About {{answer}}.\"\nmetadata: {version: 1.0}\n"
                            "generation_kwargs: {max_new_tokens: 8, temperature: 0}\n");
  EXPECT_EQ(task->num_docs(), 4);
  EXPECT_EQ(task->version(), "1.0");
  const auto requests = task->build_requests(task->doc(1));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(shown(requests[0]), "[system]About 2.[user]<p1.png>Q: two?");
  EXPECT_EQ(requests[0].type, RequestType::generate_until);
  EXPECT_EQ(requests[0].task, "t");
  EXPECT_EQ(requests[0].doc_id, 1);
  EXPECT_EQ(requests[0].options.max_new_tokens, 8);
  EXPECT_EQ(requests[0].options.temperature, 0.0);
  EXPECT_THAT(requests[0].options.until, ElementsAre("\n\n"));
  EXPECT_EQ(task->target(task->doc(1)), "2");
  EXPECT_EQ(shown(task->build_requests(task->doc(3))[0]), "[system]About 4.[user]Q: four?");
}

TEST(ConfigurableTask, GeneratesGreedilyWithoutGenerationKwargs) {
  const TempDir folder;
  const auto task = make_task(folder, kData + kText);
  const auto options = task->build_requests(task->doc(0))[0].options;
  EXPECT_THAT(options.until, ElementsAre("\n\n"));
  EXPECT_EQ(options.do_sample, false);
  // A task of text alone has lm-eval's defaults, one that shows pictures lmms-eval's.
  EXPECT_EQ(task->dump_config()["generation_kwargs"].dump(),
            R"({"temperature":0.0,"do_sample":false,"max_gen_toks":256,"until":["\n\n"]})");
  EXPECT_EQ(make_task(folder, kData + kText + "doc_to_visual: picture\n")->dump_config()["generation_kwargs"].dump(),
            R"({"until":["\n\n"],"do_sample":false})");
}

TEST(ConfigurableTask, MergesModelSpecificAndCommandLineOptionsOverItsOwn) {
  const TempDir folder;
  const std::string yaml =
      kData + kText +
      "generation_kwargs: {max_new_tokens: 8, temperature: 1, until: [a]}\n"
      "model_specific_generation_kwargs:\n  mine: {max_new_tokens: 16}\n  default: {max_new_tokens: 32}\n";
  TaskOverrides overrides;
  overrides.model_name = "mine";
  overrides.gen_kwargs_json = R"({"temperature": 0, "top_p": 0.5})";
  const auto mine = make_task(folder, yaml, overrides)->dump_config()["generation_kwargs"];
  EXPECT_EQ(mine.dump(), R"({"max_new_tokens":16,"temperature":0.0,"until":["a"],"top_p":0.5})");
  EXPECT_EQ(make_task(folder, yaml)->dump_config()["generation_kwargs"]["max_new_tokens"], 32);
}

TEST(ConfigurableTask, AsksAboutEachChoice) {
  const TempDir folder;
  const auto task = make_task(
      folder,
      kData + "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_target: label\ndoc_to_choice: choices\n");
  const auto requests = task->build_requests(task->doc(2));
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].type, RequestType::loglikelihood);
  EXPECT_EQ(requests[1].continuation, "ff");
  EXPECT_EQ(requests[1].raw_delimiter, " ");
  EXPECT_EQ(requests[1].index, 1);
  EXPECT_EQ(shown(requests[1]), "[user]three?");
  EXPECT_EQ(task->target(task->doc(1)), 1);
}

TEST(ConfigurableTask, AsLmmsEvalAsksChatModelsAboutMediaWithTheQuestionAlone) {
  const TempDir folder;
  const std::string yaml = kData + kText + "description: \"About {{label}}. \"\nfewshot_split: train\n" +
                           "fewshot_config: {sampler: first_n}\n";
  TaskOverrides overrides;
  overrides.num_fewshot = 1;
  overrides.system_instruction = "Be brief.";
  const auto prompt = [&](const std::string& more) {
    const auto task = make_task(folder, yaml + more, overrides);
    return shown(task->build_requests(task->doc(1))[0]);
  };
  const std::string picture = "doc_to_visual: picture\n";
  EXPECT_EQ(prompt(picture), "[system]Be brief.\n\nAbout 1. [user]<p0.png>Q: one? 1\n\n<p1.png>Q: two?");
  overrides.as_lmms_eval_07 = true;
  EXPECT_EQ(prompt(picture), "[system]Be brief.\n\nAbout 1. [user]<p0.png>Q: one? 1\n\n<p1.png>Q: two?");
  overrides.chat_model = true;
  EXPECT_EQ(prompt(picture), "[user]<p1.png>Q: two?");
  EXPECT_EQ(prompt(""), "[user]About 1. Q: one? 1\n\nQ: two?");
}

TEST(ConfigurableTask, DelimitsAChoiceFromABegunAnswerUnderATemplateToo) {
  const TempDir folder;
  const std::string yaml =
      kData + "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_target: label\ndoc_to_choice: choices\n";
  const auto choice = [&](const std::string& gen_prefix) {
    const auto task = make_task(folder, yaml + "gen_prefix: " + gen_prefix + "\n");
    return task->build_requests(task->doc(2))[1];
  };
  EXPECT_EQ(shown(choice("'So:'")), "[user]three?[assistant]So:");
  EXPECT_EQ(choice("'So:'").continuation, " ff");
  EXPECT_EQ(choice("'So:'").raw_delimiter, "");
  EXPECT_EQ(choice("'So: '").continuation, "ff");
  EXPECT_EQ(choice("'So: '").raw_delimiter, " ");
}

TEST(ConfigurableTask, TakesChoicesAsContextsWhereTheQuestionIsANumber) {
  const TempDir folder;
  const auto task = make_task(
      folder,
      kData + "output_type: multiple_choice\ndoc_to_text: label\ndoc_to_target: answer\ndoc_to_choice: choices\n");
  const Doc doc = task->doc(1);
  const auto requests = task->build_requests(doc);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(shown(requests[0]), "[user]c");
  EXPECT_EQ(shown(requests[1]), "[user]dd");
  EXPECT_EQ(requests[1].continuation, "2");
  const std::vector<Response> second = {Response::likelihood(-2, false), Response::likelihood(-1, false)};
  EXPECT_EQ(task->score(doc, second)[0].values[0].second, 1.0);
}

TEST(ConfigurableTask, AsksForTheLikelihoodOfTheTargetWithoutADelimiter) {
  const TempDir folder;
  const auto task = make_task(folder, kData + kText + "output_type: loglikelihood\n");
  const auto requests = task->build_requests(task->doc(0));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].continuation, "1");
  EXPECT_EQ(requests[0].raw_delimiter, "");
}

TEST(ConfigurableTask, RepeatsEachRequestAdjacently) {
  const TempDir folder;
  TaskOverrides overrides;
  overrides.repeats = 2;
  const auto task = make_task(
      folder,
      kData + "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_target: label\ndoc_to_choice: choices\n",
      overrides);
  const auto requests = task->build_requests(task->doc(0));
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[1].index, 0);
  EXPECT_EQ(requests[1].repeat, 1);
  EXPECT_EQ(requests[2].index, 1);
  EXPECT_EQ(task->repeats(), 2);
  EXPECT_EQ(task->dump_config()["repeats"], 2);
}

TaskOverrides shots(int count) {
  TaskOverrides overrides;
  overrides.num_fewshot = count;
  return overrides;
}

TEST(ConfigurableTask, PutsExamplesWithTheirPicturesBeforeTheQuestion) {
  const TempDir folder;
  auto overrides = shots(2);
  overrides.system_instruction = "Be brief.";
  const std::string yaml =
      kData + kText + "doc_to_visual: picture\nfewshot_split: train\nfewshot_config: {sampler: first_n}\n";
  const auto task = make_task(folder, yaml, overrides);
  EXPECT_EQ(task->num_fewshot(), 2);
  EXPECT_EQ(shown(task->build_requests(task->doc(2))[0]),
            "[system]Be brief.[user]<p0.png>Q: one? 1\n\n<p1.png>Q: two? 2\n\n<p2.png>Q: three?");
  overrides.apply_chat_template = overrides.fewshot_as_multiturn = true;
  const auto turns = make_task(folder, yaml, overrides);
  EXPECT_EQ(
      shown(turns->build_requests(turns->doc(2))[0]),
      "[system]Be brief.[user]<p0.png>Q: one?[assistant]1[user]<p1.png>Q: two?[assistant]2[user]<p2.png>Q: three?");
}

TEST(ConfigurableTask, ShowsChoicesAsTextInExamples) {
  const TempDir folder;
  const auto task = make_task(
      folder,
      kData +
          "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_target: label\ndoc_to_choice: choices\n"
          "fewshot_split: train\nfewshot_config: {sampler: first_n}\n",
      shots(1));
  EXPECT_EQ(shown(task->build_requests(task->doc(1))[0]), "[user]one? a\n\ntwo?");
}

// random.Random(1234).sample(range(4), 2) is [3, 0], then [0, 3]; sample(range(4), 1) is [3].
TEST(ConfigurableTask, DrawsExamplesWithoutFewshotConfig) {
  const TempDir folder;
  const auto train = make_task(folder, kData + kText + "training_split: train\n", shots(2));
  EXPECT_EQ(shown(train->build_requests(train->doc(1))[0]), "[user]Q: four? 4\n\nQ: one? 1\n\nQ: two?");
  EXPECT_EQ(shown(train->build_requests(train->doc(2))[0]), "[user]Q: one? 1\n\nQ: four? 4\n\nQ: three?");
  // lm-eval leaves the doc out only where the two splits are named alike; with pictures it is always left out.
  const auto text = make_task(folder, kData + kText, shots(1));
  EXPECT_EQ(shown(text->build_requests(text->doc(3))[0]), "[user]Q: four? 4\n\nQ: four?");
  const auto named = make_task(folder, kData + kText + "fewshot_split: test\n", shots(1));
  EXPECT_EQ(shown(named->build_requests(named->doc(3))[0]), "[user]Q: one? 1\n\nQ: four?");
  const auto pictures = make_task(folder, kData + kText + "doc_to_visual: picture\n", shots(1));
  EXPECT_EQ(shown(pictures->build_requests(pictures->doc(3))[0]), "[user]<p0.png>Q: one? 1\n\nQ: four?");
}

TEST(ConfigurableTask, TakesExamplesFromFewshotConfig) {
  const TempDir folder;
  const auto task =
      make_task(folder,
                kData + kText +
                    "fewshot_config:\n  sampler: first_n\n  samples:\n    - {question: 'six?', answer: '6'}\n"
                    "    - {question: 'nil?', answer: ''}\n"
                    "  doc_to_target: \"It is {{answer}}\"\n  target_delimiter: \"\\n\"\n  fewshot_delimiter: \"; \"\n",
                shots(1));
  EXPECT_EQ(shown(task->build_requests(task->doc(0))[0]), "[user]Q: six?\nIt is 6; Q: one?");
  EXPECT_THAT(error_of([&] { make_task(folder, kData + kText + "fewshot_config: {sampler: best}\n"); }),
              HasSubstr("unknown sampler \"best\""))
      << "also where no example is asked for";
  EXPECT_EQ(error_of([&] { make_task(folder, kData + kText + "fewshot_config: {samples: !function u.f}\n"); }),
            "no error");
  EXPECT_THAT(error_of([&] { make_task(folder, kData + kText + "fewshot_config: {sampler: best}\n", shots(1)); }),
              HasSubstr("unknown sampler"));
}

TEST(ConfigurableTask, AsksForEachChoiceWithoutContextWhereAMetricNeedsIt) {
  const TempDir folder;
  const auto task = make_task(folder, kData +
                                          "output_type: multiple_choice\ndoc_to_text: question\ndoc_to_target: label\n"
                                          "doc_to_choice: choices\nmetric_list: [{metric: acc_mutual_info}]\n");
  const auto requests = task->build_requests(task->doc(1));
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[3].index, 3);
  EXPECT_TRUE(requests[3].messages.empty());
  EXPECT_EQ(requests[3].continuation, "dd");
  const auto scored = task->score(
      task->doc(1), std::vector<Response>{Response::likelihood(-1, false), Response::likelihood(-2, false),
                                          Response::likelihood(-1, false), Response::likelihood(-9, false)});
  EXPECT_EQ(scored[0].values[0].second, 1.0);
}

TEST(ConfigurableTask, AsksForTheWholeTextOfARollingTask) {
  const TempDir folder;
  const auto task = make_task(folder, kData + kText + "output_type: loglikelihood_rolling\n");
  const auto requests = task->build_requests(task->doc(0));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].type, RequestType::loglikelihood_rolling);
  EXPECT_EQ(requests[0].continuation, "1");
}

TEST(ConfigurableTask, KeepsZeroExamplesWhereTheTaskSaysZero) {
  const TempDir folder;
  EXPECT_EQ(make_task(folder, kData + kText + "num_fewshot: 0\n", shots(2))->num_fewshot(), 0);
  EXPECT_EQ(make_task(folder, kData + kText + "num_fewshot: 1\n", shots(2))->num_fewshot(), 2);
  EXPECT_EQ(make_task(folder, kData + kText + "num_fewshot: 1\n")->num_fewshot(), 1);
  EXPECT_EQ(make_task(folder, kData + kText + "metadata: {num_fewshot: 5}\n")->num_fewshot(), 5);
  const auto many = make_task(folder, kData + kText, shots(5));
  EXPECT_THAT(error_of([&] { many->num_docs(); }), HasSubstr("5 few-shot examples are asked for, but split 'test'"));
}

TEST(ConfigurableTask, NamesTaskAndDocThatCannotBeRendered) {
  const TempDir folder;
  const auto task = make_task(folder, kData + "doc_to_text: \"{{picture.upper()}}\"\ndoc_to_target: answer\n");
  EXPECT_EQ(shown(task->build_requests(task->doc(0))[0]), "[user]P0.PNG");
  const std::string error = error_of([&] { task->build_requests(task->doc(3)); });
  EXPECT_THAT(error, AllOf(HasSubstr("doc 3 of task t"), HasSubstr("t.yaml:5 doc_to_text")));
}

TEST(ConfigurableTask, SaysWhatIsMissingOrNotSupportedWithTheLine) {
  const TempDir folder;
  const auto refusal = [&](const std::string& yaml) { return error_of([&] { make_task(folder, yaml); }); };
  EXPECT_THAT(refusal(kText + "test_split: test\n"), HasSubstr("t.yaml:1: dataset_path is missing"));
  EXPECT_THAT(refusal("dataset_path: json\n" + kText), HasSubstr("neither test_split nor validation_split"));
  EXPECT_THAT(refusal(kData + "doc_to_text: question\n"), HasSubstr("doc_to_target is missing"));
  EXPECT_THAT(refusal(kData + kText + "output_type: generate_untill\n"),
              AllOf(HasSubstr("t.yaml:7: unknown output_type"), HasSubstr("did you mean 'generate_until'")));
  EXPECT_THAT(refusal(kData + kText + "output_type: generate_until_multi_round\n"),
              HasSubstr("generate_until_multi_round is not supported in this version"));
  EXPECT_THAT(refusal(kData + kText + "process_results: !function utils.score\n"),
              HasSubstr("t.yaml:7: process_results needs the Python function utils.score"));
  EXPECT_THAT(refusal(kData + kText + "process_docs: !function utils.f\n"),
              HasSubstr("process_docs needs the Python function utils.f"));
  EXPECT_THAT(refusal(kData + kText + "output_type: multiple_choice\n"), HasSubstr("needs doc_to_choice"));
  EXPECT_THAT(refusal(kData + kText + "repeats: 0\n"), HasSubstr("t.yaml:7: repeats must be from 1 on"));
  EXPECT_THAT(error_of([&] { make_task(folder, kData + kText + "fewshot_config: {sampler: balanced}\n", shots(1)); }),
              HasSubstr("unknown sampler \"balanced\""));
}

}  // namespace
}  // namespace lmms_eval
