// Native functions in the place of Python ones: what they make of docs, and what is said of wrong YAML and wrong docs.
// tests/parity/test_builders.py holds them against lmms-eval's benchmarks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

/// A task over docs of the test's own.
std::unique_ptr<ConfigurableTask> task_of(const TempDir& folder, const std::string& docs, const std::string& yaml,
                                          const std::string& model = "") {
  folder.write("own.jsonl", docs);
  TaskOverrides overrides;
  overrides.model_name = model;
  return make_task(folder,
                   "dataset_path: json\ndataset_kwargs: {data_files: {test: own.jsonl}}\ntest_split: test\n" + yaml,
                   overrides);
}

std::string prompt_of(const ConfigurableTask& task, std::int64_t id) {
  auto& asked = const_cast<ConfigurableTask&>(task);
  return shown(asked.build_requests(task.doc(id))[0]);
}

std::string yaml_error(const std::string& yaml) {
  const TempDir folder;
  return error_of([&] { make_task(folder, kData + "doc_to_target: answer\n" + yaml); });
}

std::string doc_error(const std::string& doc, const std::string& yaml) {
  const TempDir folder;
  const auto task = task_of(folder, doc + "\n", yaml);
  return error_of([&] {
    prompt_of(*task, 0);
    task->target(task->doc(0));
  });
}

TEST(Functions, AnUnknownOneIsNamedWithTheNearest) {
  EXPECT_THAT(yaml_error("doc_to_text: {function: multiple_choise}\n"),
              AllOf(HasSubstr("t.yaml:6: unknown function 'multiple_choise' for doc_to_text"),
                    HasSubstr("did you mean 'multiple_choice'"), HasSubstr("question_with_letters")));
  EXPECT_THAT(yaml_error("doc_to_text: {function: frames, path: x}\n"),
              HasSubstr("function 'frames' is for doc_to_visual, not for doc_to_text"));
}

TEST(Functions, ParametersAreCheckedWithTheirLine) {
  EXPECT_THAT(yaml_error("doc_to_text:\n  function: question\n  post_promt: x\n"),
              AllOf(HasSubstr("t.yaml:8: function 'question' takes no parameter 'post_promt'"),
                    HasSubstr("did you mean 'post_prompt'")));
  EXPECT_THAT(yaml_error("doc_to_text:\n  function: question\n  strip: often\n"),
              HasSubstr("t.yaml:8: strip of function 'question' must be true or false"));
  EXPECT_THAT(yaml_error("doc_to_text: {function: by_value, by: answer}\n"), HasSubstr("needs `cases`"));
  EXPECT_THAT(yaml_error("doc_to_text: {function: multiple_choice, letter_style: B}\n"), HasSubstr("must hold one A"));
  EXPECT_THAT(yaml_error("doc_to_text: {function: multiple_choice, options: a..dd}\n"),
              HasSubstr("no range of columns"));
  EXPECT_THAT(yaml_error("doc_to_text: q\ndoc_to_visual: {function: columns}\n"), HasSubstr("needs either `columns`"));
  EXPECT_THAT(yaml_error("doc_to_text: q\ndoc_to_visual: {function: draw, box: b, color: reddish}\n"),
              HasSubstr("color 'reddish' must be #rrggbb or one of"));
  EXPECT_THAT(yaml_error("doc_to_text: q\ndoc_to_visual: {function: media_file, path: $NO_SUCH_VARIABLE/x.mp4}\n"),
              HasSubstr("needs the environment variable NO_SUCH_VARIABLE, which is not set"));
  EXPECT_THAT(yaml_error("doc_to_text: q\nprocess_docs: {function: filter}\n"), HasSubstr("needs `where` or `unless`"));
}

TEST(Functions, AModelHasItsOwnParameters) {
  const TempDir folder;
  const std::string yaml =
      "doc_to_text: {function: question, post_prompt: \" one\"}\ndoc_to_target: answer\n"
      "lmms_eval_specific_kwargs:\n  default: {post_prompt: \" two\"}\n  mine: {post_prompt: \" three\"}\n";
  const std::string docs = "{\"question\": \"q\", \"answer\": \"a\"}\n";
  EXPECT_EQ(prompt_of(*task_of(folder, docs, yaml), 0), "[user]q two");
  EXPECT_EQ(prompt_of(*task_of(folder, docs, yaml, "mine"), 0), "[user]q three");
}

TEST(Functions, TemplatesSeeTheModelSpecificValues) {
  const TempDir folder;
  const auto task = task_of(folder, "{\"question\": \"q\", \"answer\": \"a\"}\n",
                            "doc_to_text: \"{{lmms_eval_specific_kwargs.pre}}{{question}}\"\ndoc_to_target: answer\n"
                            "lmms_eval_specific_kwargs: {default: {pre: \"> \"}}\n");
  EXPECT_EQ(prompt_of(*task, 0), "[user]> q");
}

TEST(Functions, OptionsComeInEveryForm) {
  const TempDir folder;
  const std::string yaml = "doc_to_text: {function: multiple_choice}\ndoc_to_target: answer\n";
  const std::string docs =
      "{\"question\": \"q\", \"answer\": \"A\", \"options\": \"['x', 'y']\"}\n"
      "{\"question\": \"q\", \"answer\": \"A\", \"options\": \"[\\\"x\\\", \\\"y\\\", null]\"}\n"
      "{\"question\": \"q\", \"answer\": \"A\", \"options\": \"{'A': 'x', 'C': 'y'}\"}\n";
  const auto task = task_of(folder, docs, yaml);
  EXPECT_EQ(prompt_of(*task, 0), "[user]q\nA. x\nB. y");
  EXPECT_EQ(prompt_of(*task, 1), "[user]q\nA. x\nB. y");
  EXPECT_EQ(prompt_of(*task, 2), "[user]q\nA. x\nC. y");
}

TEST(Functions, SkippedOptionsKeepOrGiveUpTheirLetters) {
  const TempDir folder;
  const std::string docs = "{\"question\": \"q\", \"answer\": \"A\", \"A\": \"x\", \"B\": null, \"C\": \" y \"}\n";
  const auto with = [&](const std::string& more) {
    return prompt_of(
        *task_of(folder, docs,
                 "doc_to_text: {function: multiple_choice, options: A..C" + more + "}\ndoc_to_target: answer\n"),
        0);
  };
  EXPECT_EQ(with(""), "[user]q\nA. x\nC.  y ");
  EXPECT_EQ(with(", reletter: true, strip_options: true"), "[user]q\nA. x\nB. y");
}

TEST(Functions, OptionsThatHaveLettersAlreadyStayAsTheyAre) {
  const TempDir folder;
  const std::string docs =
      "{\"question\": \"q\", \"answer\": \"A\", \"options\": [\"A. x\", \"B. y\"]}\n"
      "{\"question\": \"q\", \"answer\": \"A\", \"options\": [\"A. x\", \"y\"]}\n";
  const auto task =
      task_of(folder, docs, "doc_to_text: {function: multiple_choice, unless_lettered: true}\ndoc_to_target: answer\n");
  EXPECT_EQ(prompt_of(*task, 0), "[user]q\nA. x\nB. y");
  EXPECT_EQ(prompt_of(*task, 1), "[user]q\nA. A. x\nB. y");
}

TEST(Functions, ASuffixByTypeOfDoc) {
  const TempDir folder;
  const std::string yaml =
      "doc_to_text: {function: question_with_suffix, by: kind, suffixes: {yes_no: \" Yes or no?\", \"2\": \" Two.\"}}\n"
      "doc_to_target: answer\n";
  const std::string docs =
      "{\"question\": \"q\", \"answer\": \"a\", \"kind\": \"yes_no\"}\n"
      "{\"question\": \"q\", \"answer\": \"a\", \"kind\": 2}\n"
      "{\"question\": \"q\", \"answer\": \"a\", \"kind\": \"else\"}\n";
  const auto task = task_of(folder, docs, yaml);
  EXPECT_EQ(prompt_of(*task, 0), "[user]q Yes or no?");
  EXPECT_EQ(prompt_of(*task, 1), "[user]q Two.");
  EXPECT_THAT(error_of([&] { prompt_of(*task, 2); }), HasSubstr("'else' is not among its suffixes"));
}

TEST(Functions, TargetsByLetterAndIndex) {
  const TempDir folder;
  const std::string docs = "{\"question\": \"q\", \"answer\": \"(b).\", \"at\": 2, \"options\": [\"x\", \"y\"]}\n";
  const auto target = [&](const std::string& function) {
    const auto task = task_of(folder, docs, "doc_to_text: question\ndoc_to_target: {function: " + function + "}\n");
    return task->target(task->doc(0));
  };
  EXPECT_EQ(target("index, letter: answer"), 1);
  EXPECT_EQ(target("letter, index: at, first: 1"), "B");
  EXPECT_EQ(target("option, letter: answer"), "y");
  EXPECT_EQ(target("option, index: at, first: 1"), "y");
  EXPECT_THAT(error_of([&] { target("option, index: at"); }), HasSubstr("its answer is option 3, and it has 2"));
  EXPECT_THAT(error_of([&] { target("letter, index: answer"); }), HasSubstr("is no index of an option"));
}

TEST(Functions, DocsThatDoNotFitAreNamed) {
  EXPECT_THAT(
      doc_error(R"({"question": null, "answer": "a"})", "doc_to_text: {function: question}\ndoc_to_target: answer\n"),
      HasSubstr("doc 0: its column 'question' is null"));
  EXPECT_THAT(doc_error(R"({"q": "x", "answer": "a"})", "doc_to_text: {function: question}\ndoc_to_target: answer\n"),
              HasSubstr("doc 0 has no value in column 'question' (it has q, answer)"));
  EXPECT_THAT(doc_error(R"({"question": "x", "options": "a, b", "answer": "a"})",
                        "doc_to_text: {function: multiple_choice}\ndoc_to_target: answer\n"),
              HasSubstr("holds 'a, b', which is no list in Python or JSON"));
  EXPECT_THAT(doc_error(R"({"question": "x", "file": "nowhere", "answer": "a"})",
                        "doc_to_text: question\ndoc_to_target: answer\n"
                        "doc_to_visual: {function: media_file, path: \"{{file}}.mp4\", extensions: [mkv]}\n"),
              HasSubstr("doc 0: its file nowhere.mp4, nor nowhere.mkv does not exist"));
  EXPECT_THAT(doc_error(R"({"question": "x", "picture": "%%%", "answer": "a"})",
                        "doc_to_text: question\ndoc_to_target: answer\n"
                        "doc_to_visual: {function: base64, column: picture}\n"),
              HasSubstr("while reading the base64 text of doc 0"));
  EXPECT_THAT(doc_error(R"({"question": "<image 1>", "image_1": null, "answer": "a"})",
                        "doc_to_text: question\ndoc_to_target: answer\ndoc_to_visual: {function: images_in_text}\n"),
              HasSubstr("its text shows 'image_1', which is null"));
}

TEST(Functions, RowsAreFilteredAndExplodedInAChain) {
  const TempDir folder;
  const std::string docs =
      "{\"question\": \"a\", \"answer\": [\"1\", \"2\"], \"kind\": \"x\"}\n"
      "{\"question\": \"b\", \"answer\": [\"3\"], \"kind\": \"y\"}\n"
      "{\"question\": \"c\", \"answer\": null, \"kind\": \"x\"}\n"
      "{\"question\": \"d\", \"answer\": [\"4\"], \"kind\": \"z\"}\n";
  const std::string yaml =
      "doc_to_text: \"{{question}}\"\ndoc_to_target: \"{{answer}}\"\nprocess_docs:\n  function: chain\n  steps:\n"
      "    - {function: filter, unless: {kind: y}}\n    - {function: explode, column: answer}\n";
  const auto task = task_of(folder, docs, yaml);
  ASSERT_EQ(task->num_docs(), 3);
  std::string rows;
  for (std::int64_t id = 0; id < 3; ++id) rows += prompt_of(*task, id) + task->target(task->doc(id)).get<std::string>();
  EXPECT_EQ(rows, "[user]a1[user]a2[user]d4");
}

TEST(Functions, ColumnsAreAdded) {
  const TempDir folder;
  const auto task = task_of(folder, "{\"q\": \"x\", \"answer\": \"B\"}\n",
                            "doc_to_text: \"{{long}}/{{gold}}\"\ndoc_to_target: answer\nprocess_docs:\n"
                            "  function: add_columns\n  columns:\n    long: \"{{q}}{{q}}\"\n"
                            "    gold: {function: index, letter: answer}\n");
  EXPECT_EQ(prompt_of(*task, 0), "[user]xx/1");
}

TEST(Functions, AColumnOfTheFilterThatIsNotThereIsAnError) {
  const TempDir folder;
  const auto task = task_of(folder, "{\"question\": \"x\", \"answer\": \"B\"}\n",
                            "doc_to_text: question\ndoc_to_target: answer\n"
                            "process_docs: {function: filter, where: {kind: a}}\n");
  EXPECT_THAT(error_of([&] { task->num_docs(); }),
              AllOf(HasSubstr("column 'kind'"), HasSubstr("process_docs"), HasSubstr("task t")));
}

TEST(Functions, AJoinNamesAKeyThatTheOtherSplitLacks) {
  const TempDir folder;
  folder.write("other.jsonl", "{\"id\": 7, \"text\": \"seven\"}\n");
  const std::string docs =
      "{\"question\": \"x\", \"answer\": \"B\", \"ref\": 7}\n{\"question\": \"x\", \"answer\": \"B\", \"ref\": 8}\n";
  const auto task =
      task_of(folder, docs,
              "doc_to_text: \"{{text}}\"\ndoc_to_target: answer\nprocess_docs: {function: join, key: {ref: id}, "
              "columns: [text], split: all, dataset_kwargs: {data_files: {all: other.jsonl}}}\n");
  EXPECT_EQ(prompt_of(*task, 0), "[user]seven");
  EXPECT_THAT(error_of([&] { prompt_of(*task, 1); }), HasSubstr("no row of the joined split has id = 8"));
}

}  // namespace
}  // namespace lmms_eval
