#include <gtest/gtest.h>

#include "e2e/image_parquet.h"
#include "e2e/program.h"
#include "support/openai_server/server.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

/// A folder with a small task of its own: mine.yaml and its data.
void write_task(const TempDir& folder, const std::string& yaml = image_task()) {
  folder.write("tasks/mine.yaml", yaml);
  write_image_parquet(folder / "tasks/data.parquet", {{tiny_png(1), "what is it?", "A"}, {tiny_png(2), "and it?", "A"}},
                      2);
}

TEST(ConfigList, RunsWhatRemainsAfterAFailureAndGivesTheWorstStatus) {
  const TempDir folder;
  const std::string good = "- {model: dummy, tasks: digits, limit: 2}\n";
  const std::string bad_task = "- {model: dummy, tasks: no_such_task}\n";
  const std::string bad_output = "- {model: dummy, tasks: digits, limit: 2, output_path: /proc/nowhere}\n";
  const struct {
    std::string list;
    int status;
    std::vector<std::string> errors;
  } cases[] = {{bad_task + good, 2, {"no_such_task"}},
               {bad_output + good, 1, {"/proc/nowhere"}},
               {bad_output + bad_task + good, 2, {"/proc/nowhere", "no_such_task"}},
               {bad_task + bad_output + good, 2, {"/proc/nowhere", "no_such_task"}}};
  for (const auto& [list, status, errors] : cases) {
    const auto run = lmms_eval({"--config", folder.write("runs.yaml", list).string()});
    EXPECT_EQ(run.status, status) << list << run.err;
    EXPECT_NE(run.out.find("|digits|"), std::string::npos) << "the last evaluation did not run: " << list << run.err;
    for (const auto& error : errors) EXPECT_NE(run.err.find(error), std::string::npos) << run.err;
  }
}

TEST(Selection, ABrokenFileThatTakesABundledNameIsAnErrorAndNotTheBundledTask) {
  const TempDir folder;
  write_task(folder, "task: digits\nmetric_list: [\n");
  const auto run = lmms_eval({"--model", "dummy", "--tasks", "digits", "--limit", "1", "--include_path",
                              (folder / "tasks").string(), "--verbosity", "ERROR"});
  EXPECT_EQ(run.status, 1) << run.out << run.err;
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find((folder / "tasks/mine.yaml").string() + ":"), std::string::npos) << run.err;
  // Another task is none of its business.
  const auto other = lmms_eval({"--model", "dummy", "--tasks", "digits_mc", "--limit", "1", "--include_path",
                                (folder / "tasks").string(), "--verbosity", "ERROR"});
  EXPECT_EQ(other.status, 0) << other.err;
}

TEST(Selection, OneNameForTwoTasksIsAUsageError) {
  const TempDir folder;
  write_task(folder, image_task("digits"));
  const std::string file = (folder / "tasks/mine.yaml").string();
  for (const std::string& tasks : {"digits," + file, file + ",digits"}) {
    const auto run = lmms_eval({"--model", "dummy", "--tasks", tasks, "--limit", "1", "--verbosity", "ERROR"});
    EXPECT_EQ(run.status, 2) << tasks << run.out;
    EXPECT_TRUE(is_one_line(run.err)) << run.err;
    EXPECT_NE(run.err.find("'digits'"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(file), std::string::npos) << run.err;
  }
  // The same task twice is one task.
  const auto twice = lmms_eval({"--model", "dummy", "--tasks", "digits,digits", "--limit", "1"});
  EXPECT_EQ(twice.status, 0) << twice.err;
}

TEST(Selection, GenerationOptionsThatAreNoneAreUsageErrorsWithTheFlag) {
  for (const auto& [value, part] : {std::pair{"temperature=abc", "temperature"},
                                    {"max_new_tokens=1e300", "max_new_tokens"},
                                    {"max_new_tokens=0", "max_new_tokens"},
                                    {"max_new_tokens=1.5", "max_new_tokens"},
                                    {"do_sample=maybe", "do_sample"}}) {
    const auto run = lmms_eval(
        {"--model", "dummy", "--tasks", "digits", "--limit", "1", "--gen_kwargs", value, "--verbosity", "ERROR"});
    EXPECT_EQ(run.status, 2) << value << run.out;
    EXPECT_TRUE(is_one_line(run.err)) << run.err;
    EXPECT_NE(run.err.find("--gen_kwargs"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
  }
}

TEST(Prompts, ADocThatCannotBeRenderedIsUnscorableWhateverIsShownOfIt) {
  const std::string bad = "{% if question == 'and it?' %}{{ nothing.at.all }}{% endif %}";
  const std::string first_bad = "{% if question == 'what is it?' %}{{ nothing.at.all }}{% endif %}";
  for (const auto& [field, value] : {std::pair<std::string, std::string>{"doc_to_text", "\"" + bad + "{{question}}\""},
                                     {"doc_to_text", "\"" + first_bad + "{{question}}\""},
                                     {"doc_to_target", "\"" + first_bad + "{{answer}}\""}}) {
    const TempDir folder;
    write_task(folder, image_task("mine", {{field, value}}));
    const auto run =
        lmms_eval({"--model", "dummy", "--tasks", "mine", "--include_path", (folder / "tasks").string(), "--write_out",
                   "--log_samples", "--output_path", (folder / "r.json").string(), "--verbosity", "ERROR"});
    EXPECT_EQ(run.status, 1) << field << value;
    EXPECT_NE(run.out.find("1/2 docs"), std::string::npos) << field << value << run.out << run.err;
    const auto counts = read_json(folder / "r.json")["n-samples"]["mine"];
    EXPECT_EQ(counts["answered"], 1) << field << value;
    EXPECT_EQ(counts["unscorable"], 1) << field << value;
    const auto samples = read_jsonl(files_ending(folder.path(), "_samples_mine.jsonl").at(0));
    ASSERT_EQ(samples.size(), 2u) << field << value;
    EXPECT_EQ((samples[0]["status"] == "unscorable") + (samples[1]["status"] == "unscorable"), 1) << field << value;
  }
}

TEST(Samples, RunTheNamedDocsOfATaskInTheirOrderAndOtherTasksWhole) {
  const TempDir folder;
  const auto ids = folder.write("ids.json", R"({"digits": [7, 3, 350, 3]})");
  for (const std::string& samples : {ids.string(), std::string(R"({"digits": [7, 3, 350]})")}) {
    const auto run =
        lmms_eval({"--model", "dummy", "--tasks", "digits,digits_mc", "--samples", samples, "--log_samples",
                   "--output_path", (folder / "r.json").string(), "--verbosity", "ERROR"});
    ASSERT_EQ(run.status, 0) << run.err;
    const auto results = read_json(folder / "r.json");
    EXPECT_EQ(results["n-samples"]["digits"]["effective"], 3);
    EXPECT_EQ(results["n-samples"]["digits"]["answered"], 3);
    EXPECT_EQ(results["n-samples"]["digits_mc"]["answered"], 360);
    for (const auto& file : files_ending(folder.path(), "samples_digits.jsonl")) {
      std::vector<int> order;
      for (const auto& line : read_jsonl(file)) order.push_back(line["doc_id"]);
      EXPECT_EQ(order, (std::vector<int>{3, 7, 350}));
      std::filesystem::remove(file);
    }
  }
}

TEST(Integrity, NamesEachKindOfProblemOnceBeforeAnyModelIsLoaded) {
  const TempDir folder;
  folder.write("docs.jsonl",
               "{\"q\": \"a?\", \"label\": 0, \"choices\": [\"x\", \"y\"]}\n"
               "{\"q\": \"b?\", \"label\": 5, \"choices\": [\"x\", \"y\"]}\n"
               "{\"q\": \"c?\", \"label\": 9, \"choices\": [\"x\", \"y\"]}\n"
               "{\"q\": \"d?\", \"label\": null, \"choices\": [\"x\", \"y\"]}\n"
               "{\"q\": \"e?\", \"label\": 1, \"choices\": [\"x\", \"y\"]}\n");
  folder.write("mc.yaml",
               "task: mc\ndataset_path: json\ndataset_kwargs: {data_files: {test: docs.jsonl}}\ntest_split: test\n"
               "output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: label\ndoc_to_choice: choices\n");
  const auto run =
      lmms_eval({"--model", "llava_onevision", "--model_args", "pretrained=/no/such/model", "--tasks", "mc",
                 "--include_path", folder.path().string(), "--check_integrity", "--limit", "1", "--num_fewshot", "1"});
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("2 of 5 docs (first: doc 1): its target 5 is none of its choices"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("1 of 5 docs (first: doc 3): its target is null"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("/no/such/model"), std::string::npos) << run.err;
}

TEST(Integrity, DecodesPictures) {
  const TempDir folder;
  folder.write("tasks/mine.yaml", image_task());
  const std::string whole = tiny_png(1), half = whole.substr(0, whole.size() / 2);
  write_image_parquet(folder / "tasks/data.parquet",
                      {{whole, "q", "A"}, {half, "q", "A"}, {whole, "q", "A"}, {half, "q", "A"}}, 2);
  const auto run = lmms_eval({"--model", "dummy", "--tasks", "mine", "--include_path", (folder / "tasks").string(),
                              "--check_integrity", "--verbosity", "ERROR"});
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("2 of 4 docs (first: doc 1)"), std::string::npos) << run.err;
  EXPECT_EQ(run.out, "");
}

TEST(Repeats, ShowHowStableTheAnswersAre) {
  openai_server::Options options;
  options.answer = "1";
  openai_server::Rule wrong;
  wrong.fault = openai_server::Fault::other_answer;
  wrong.answer = "2";
  wrong.match = "b?";
  wrong.times = 2;
  options.rules = {wrong};
  openai_server::Server server(options);
  const TempDir folder;
  folder.write("docs.jsonl", "{\"q\": \"a?\", \"a\": \"1\"}\n{\"q\": \"b?\", \"a\": \"1\"}\n");
  folder.write("often.yaml",
               "task: often\ndataset_path: json\ndataset_kwargs: {data_files: {test: docs.jsonl}}\ntest_split: test\n"
               "doc_to_text: q\ndoc_to_target: a\n"
               "generation_kwargs: {do_sample: true, temperature: 1}\n");
  const auto run =
      lmms_eval({"--model", "async_openai", "--model_args", "model=m,base_url=" + server.base_url(), "--tasks", "often",
                 "--include_path", folder.path().string(), "--repeats", "3", "--output_path", folder.path().string()},
                {{{"OPENAI_API_KEY", "k"}}, {}});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("|  EA  |CA |  IV  |CR |"), std::string::npos) << run.out;
  const auto row = read_json(files_ending(folder.path(), "_results.json").at(0))["results"]["often"];
  EXPECT_DOUBLE_EQ(row["exact_match_expected_accuracy,none"].get<double>(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(row["exact_match_consensus_accuracy,none"].get<double>(), 0.5);
  EXPECT_DOUBLE_EQ(row["exact_match_internal_variance,none"].get<double>(), 1.0 / 6);
  EXPECT_DOUBLE_EQ(row["exact_match_consistency_rate,none"].get<double>(), 0.5);
}

TEST(Integrity, DocsWithoutAPictureAreCountedHereAndInTheRun) {
  const TempDir folder;
  folder.write("p0.png", tiny_png(1));
  folder.write("docs.jsonl",
               "{\"q\": \"a?\", \"a\": \"A\", \"picture\": \"p0.png\"}\n"
               "{\"q\": \"b?\", \"a\": \"A\", \"picture\": null}\n");
  folder.write("seen.yaml",
               "task: seen\ndataset_path: json\ndataset_kwargs: {data_files: {test: docs.jsonl}}\ntest_split: test\n"
               "doc_to_text: q\ndoc_to_target: a\ndoc_to_visual: picture\n");
  const auto run =
      lmms_eval({"--model", "dummy", "--tasks", "seen", "--include_path", folder.path().string(), "--check_integrity"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("integrity of task seen: 1 of 2 docs have no picture (first: doc 1)"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("seen: 1 of 2 docs have no picture or other medium (first: doc 1)"), std::string::npos)
      << run.err;
}

TEST(Integrity, WarnsOfExamplesThatMayBeTheDocItself) {
  const TempDir folder;
  folder.write("docs.jsonl", "{\"q\": \"a?\", \"a\": \"1\"}\n{\"q\": \"b?\", \"a\": \"2\"}\n");
  const std::string yaml =
      "dataset_path: json\ndataset_kwargs: {data_files: {test: docs.jsonl}}\ntest_split: test\ndoc_to_text: q\n"
      "doc_to_target: a\n";
  folder.write("leaks.yaml", "task: leaks\n" + yaml);
  folder.write("tight.yaml", "task: tight\nfewshot_split: test\n" + yaml);
  const auto run = lmms_eval({"--model", "dummy", "--tasks", "leaks,tight", "--include_path", folder.path().string(),
                              "--num_fewshot", "1", "--check_integrity"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("integrity of task leaks: its examples come from the evaluated split 'test'"),
            std::string::npos)
      << run.err;
  EXPECT_EQ(run.err.find("integrity of task tight: its examples"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace lmms_eval::testing
