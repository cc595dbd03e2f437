#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "e2e/program.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

struct HelpLine {
  std::string group;
  std::set<std::string> names;  ///< all spellings of the flag
};

/// The flags of a help text by their long names: what stands at the start of a line, nothing else.
std::map<std::string, HelpLine> flags_in(const std::string& help) {
  std::map<std::string, HelpLine> flags;
  std::string group, line;
  for (std::istringstream in(help); std::getline(in, line);) {
    if (!line.empty() && line.front() != ' ' && line.back() == ':') group = line.substr(0, line.size() - 1);
    if (!line.starts_with("  -")) continue;
    HelpLine flag{group, {}};
    std::istringstream names(line.substr(2, line.find(' ', 2) - 2));
    for (std::string name; std::getline(names, name, ',');) flag.names.insert(name);
    for (const auto& name : flag.names) flags[name] = flag;
  }
  return flags;
}

TEST(CommandLine, HelpListsEveryFlagOfTheUsersGuideInItsGroupAndLoadsNoTorch) {
  const auto help = lmms_eval({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  const std::string selection = "What to evaluate", prompts = "Prompts", generation = "Generation and the machine",
                    output = "Output", caches = "Caches", accepted = "Accepted, without effect (scripts for lmms-eval)",
                    refused = "Known to lmms-eval, refused by this version";
  const std::map<std::string, std::vector<std::string>> expected = {
      {"Options", {"--help", "--version"}},
      {selection, {"--model", "--model_args", "--tasks", "--include_path", "--limit", "--offset", "--config"}},
      {prompts, {"--num_fewshot", "--system_instruction", "--apply_chat_template", "--fewshot_as_multiturn"}},
      {generation,
       {"--gen_kwargs", "--batch_size", "--max_batch_size", "--device", "--seed", "--repeats", "--num_samples",
        "--max_tokens", "--reasoning_tags"}},
      {output,
       {"--output_path", "--log_samples", "--log_samples_suffix", "--predict_only", "--write_out", "--show_config",
        "--check_integrity", "--verbosity"}},
      {caches, {"--use_cache", "--cache_requests"}},
      {accepted,
       {"--force_simple", "--process_with_media", "--process_docs_parallel", "--timezone", "--trust_remote_code",
        "--agentic_trace_mode"}},
      {refused,
       {"--wandb_args", "--wandb_log_samples", "--swanlab_args", "--hf_hub_log_args", "--launcher_args", "--baseline",
        "--power-analysis", "--tui"}}};
  auto flags = flags_in(help.out);
  for (const auto& [group, names] : expected)
    for (const auto& name : names) EXPECT_EQ(flags[name].group, group) << name;
  for (const auto& [brief, full] : {std::pair{"-b", "--batch_size"},
                                    {"-c", "--use_cache"},
                                    {"-w", "--write_out"},
                                    {"-x", "--predict_only"},
                                    {"-n", "--repeats"},
                                    {"-h", "--help"}})
    EXPECT_TRUE(flags[full].names.contains(brief)) << brief;
  EXPECT_NE(help.out.find("\nExamples:\n"), std::string::npos);
  // libtorch_cpu.so alone is more than 150 MB of resident memory.
  EXPECT_LT(help.peak_kilobytes, 100 * 1024);
}

TEST(CommandLine, NoArgumentsPrintsHelp) {
  const auto result = lmms_eval({});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("Usage: lmms_eval"), std::string::npos);
}

TEST(CommandLine, ListsTheBundledTasks) {
  const auto flat = lmms_eval({"--tasks", "list"});
  EXPECT_EQ(flat.status, 0);
  EXPECT_NE(flat.out.find(" - digits\n"), std::string::npos) << flat.out;
  EXPECT_NE(flat.out.find(" - digits_all\n"), std::string::npos);
  EXPECT_NE(flat.out.find(" - digits_mc\n"), std::string::npos);
  EXPECT_LT(flat.peak_kilobytes, 100 * 1024);
  const auto groups = lmms_eval({"--tasks", "list_groups"});
  EXPECT_NE(groups.out.find("|digits_all|tasks/digits/digits_all.yaml|"), std::string::npos) << groups.out;
  const auto subtasks = lmms_eval({"--tasks", "list_subtasks"});
  EXPECT_NE(subtasks.out.find("multiple_choice"), std::string::npos) << subtasks.out;
  EXPECT_EQ(lmms_eval({"--tasks", "list_tags"}).status, 0);
  EXPECT_NE(lmms_eval({"tasks"}).out.find("  digits\n"), std::string::npos);
}

TEST(CommandLine, ListWithNumCountsDocs) {
  const auto result = lmms_eval({"--tasks", "list_with_num"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("|digits   | 360|"), std::string::npos) << result.out;
}

TEST(CommandLine, ModelsAndVersionAnswer) {
  const auto models = lmms_eval({"models", "--aliases"});
  EXPECT_EQ(models.status, 0);
  for (const char* name :
       {"async_openai", "openai", "dummy", "llava_onevision", "llava_hf", "huggingface", "openai_compatible"})
    EXPECT_NE(models.out.find(name), std::string::npos) << name;
  EXPECT_NE(lmms_eval({"--version"}).out.find("lmms_eval"), std::string::npos);
}

struct UsageCase {
  std::vector<std::string> arguments;
  std::string expected;  ///< in the one line on stderr
};

class UsageError : public ::testing::TestWithParam<UsageCase> {};

TEST_P(UsageError, IsOneClearLineAndExitsWith2) {
  const auto result = lmms_eval(GetParam().arguments);
  EXPECT_EQ(result.status, 2) << result.out << result.err;
  EXPECT_TRUE(is_one_line(result.err)) << result.err;
  EXPECT_NE(result.err.find(GetParam().expected), std::string::npos) << result.err;
}

std::vector<std::string> dummy(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"--model", "dummy", "--tasks", "digits"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, UsageError,
    ::testing::Values(
        UsageCase{{"--modell", "x"}, "did you mean 'model'"},
        UsageCase{{"--nonsense", "x"}, "--nonsense: no such flag"}, UsageCase{{"evall"}, "did you mean 'eval'"},
        UsageCase{{"--tasks", "digits"}, "--model is missing"}, UsageCase{{"--model", "dummy"}, "--tasks is missing"},
        UsageCase{{"--model", "dumy", "--tasks", "digits"}, "did you mean 'dummy'"},
        UsageCase{{"--model", "dummy", "--tasks", "digit"}, "did you mean 'digits"},
        UsageCase{dummy({"--limit", "0"}), "--limit 0"}, UsageCase{dummy({"--limit", "-3"}), "--limit -3"},
        UsageCase{dummy({"--limit", "many"}), "limit"}, UsageCase{dummy({"--offset", "-1"}), "--offset -1"},
        UsageCase{dummy({"--offset", "9999"}), "--offset 9999"},
        UsageCase{dummy({"--batch_size", "0"}), "--batch_size 0"}, UsageCase{dummy({"--batch_size", "big"}), "auto:N"},
        UsageCase{dummy({"--device", "gpu"}), "--device gpu"}, UsageCase{dummy({"--seed", "1,2"}), "--seed 1,2"},
        UsageCase{dummy({"--seed", "x"}), "--seed x"}, UsageCase{dummy({"--verbosity", "LOUD"}), "--verbosity LOUD"},
        UsageCase{dummy({"--log_samples"}), "--log_samples needs --output_path"},
        UsageCase{dummy({"--predict_only"}), "needs --output_path"},
        UsageCase{dummy({"--fewshot_as_multiturn", "--num_fewshot", "1"}), "needs --apply_chat_template"},
        UsageCase{dummy({"--fewshot_as_multiturn", "--apply_chat_template"}), "needs --num_fewshot greater than 0"},
        UsageCase{dummy({"--gen_kwargs", "temperature"}), "--gen_kwargs: 'temperature' has no '='"},
        UsageCase{dummy({"--model_args", "a"}), "--model_args: 'a' has no '='"},
        UsageCase{dummy({"--wandb_args", "project=x"}), "--wandb_args: not supported in this version"},
        UsageCase{dummy({"--baseline", "x"}), "--baseline: not supported in this version"},
        UsageCase{dummy({"--hf_hub_log_args", "x=1"}), "--hf_hub_log_args: not supported in this version"},
        UsageCase{dummy({"--power-analysis"}), "not supported in this version"},
        UsageCase{dummy({"--cache_requests", "maybe"}), "--cache_requests maybe"},
        UsageCase{dummy({"--reasoning_tags", "[1]"}), "--reasoning_tags [1]"},
        UsageCase{dummy({"--include_path", "/no/such/folder"}), "/no/such/folder"},
        UsageCase{dummy({"--config", "/no/such/file.yaml"}), "--config /no/such/file.yaml"},
        UsageCase{dummy({"--num_fewshot", "-2"}), "--num_fewshot -2"},
        UsageCase{dummy({"--apply_chat_template", "tool_use"}), "--apply_chat_template tool_use"},
        UsageCase{dummy({"--compat", "lmms-eval-0.6"}), "--compat lmms-eval-0.6: must be lmms-eval-0.7"},
        UsageCase{dummy({"--output_path", ""}), "--output_path: is empty"},
        UsageCase{dummy({"--use_cache", ""}), "--use_cache: is empty"},
        UsageCase{dummy({"--samples", "{\"digits\": [1]}", "--limit", "2"}), "leave --limit and --offset out"},
        UsageCase{dummy({"--samples", "{\"digits\": [1"}), "--samples: no JSON map"},
        UsageCase{dummy({"--samples", "/no/such.json"}), "--samples /no/such.json"},
        UsageCase{dummy({"--samples", "{\"digits\": [\"a\"]}"}), "is no doc id"},
        UsageCase{dummy({"--samples", "{\"digits\": []}"}), "no doc of task digits is named"},
        UsageCase{dummy({"--samples", "{\"digit\": [1]}"}), "did you mean 'digits'"},
        UsageCase{dummy({"--samples", "{\"digits\": [360]}"}), "no doc 360: its docs are 0 to 359"},
        UsageCase{{"serve"}, "not supported in this version"}));

TEST(CommandLine, ShortFormsPrefixAndUniqueAbbreviationsWork) {
  const TempDir folder;
  const auto result = lmms_eval({"eval", "--model=dummy", "--task", "digits", "-b", "4", "-n", "1", "-w", "--lim", "2",
                                 "-c", (folder / "c_").string(), "-x", "--output", folder.path().string()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(std::filesystem::exists(folder / "c_rank0.db"));
  EXPECT_NE(result.out.find("Task: digits; document 0"), std::string::npos) << result.out;
}

TEST(CommandLine, PredictOnlyComputesAndPrintsNoMetric) {
  const TempDir folder;
  const auto result = lmms_eval(dummy({"--limit", "2", "-x", "--output_path", (folder / "r.json").string()}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("digits: 2 of 2 docs answered, no metrics computed\n"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("999"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find('|'), std::string::npos) << result.out;
  EXPECT_EQ(read_json(folder / "r.json")["results"]["digits"].size(), 1) << "only its alias";
  const auto samples = read_jsonl(files_ending(folder.path(), "samples_digits.jsonl").at(0));
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0]["filtered_resps"], "A");
}

TEST(CommandLine, ShowConfigPrintsWhatIsNoDefaultAtTheEnd) {
  const auto result = lmms_eval(dummy({"--limit", "2", "--show_config"}));
  EXPECT_EQ(result.status, 0) << result.err;
  const auto config = result.out.find("{\n    \"digits\": {");
  ASSERT_NE(config, std::string::npos) << result.out;
  EXPECT_LT(result.out.find("|digits|"), config) << "the scores come first";
  EXPECT_TRUE(result.out.ends_with("}\n}\n"));
  EXPECT_NE(result.out.find("\"doc_to_visual\": "), std::string::npos);
  EXPECT_EQ(result.out.find("\"full_docs\""), std::string::npos);
  EXPECT_EQ(result.out.find("\"repeats\""), std::string::npos);
}

TEST(CommandLine, FlagsWithoutMeaningAreAcceptedWithOneLineEach) {
  const auto result = lmms_eval(dummy({"--limit", "2", "--force_simple", "--process-docs-parallel", "8", "--timezone",
                                       "UTC", "--process_with_media", "--trust_remote_code", "--cache_requests", "true",
                                       "--device", "cpu", "--max_batch_size", "8"}));
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* flag :
       {"--force_simple has no effect", "--process_docs_parallel has no effect", "--timezone has no effect",
        "--process_with_media has no effect", "--trust_remote_code has no effect", "--cache_requests has no effect",
        "--device has no effect", "--max_batch_size has no effect"})
    EXPECT_NE(result.err.find(flag), std::string::npos) << flag;
}

TEST(CommandLine, ConfigFilesGiveFlagsAndTheCommandLineWins) {
  const TempDir folder;
  const auto file =
      folder.write("run.yaml",
                   "- model: dummy\n  tasks: digits\n  limit: 5\n  seed: [0, 1, 2, 3]\n  show_config: true\n"
                   "- model: dummy\n  tasks: digits\n  limit: 5\n  env: {MY_TOKEN: abcdefgh}\n");
  const auto result = lmms_eval({"--config", file.string(), "--limit", "3"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("limit: 3"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("\"dataset_path\": \"parquet\""), std::string::npos);
  EXPECT_NE(result.err.find("evaluation 2 of 2"), std::string::npos);
  EXPECT_NE(result.err.find("MY_TOKEN="), std::string::npos);
  EXPECT_EQ(result.err.find("abcdefgh"), std::string::npos);
}

TEST(CommandLine, ConfigFilesAreCheckedWithFileAndLine) {
  const TempDir folder;
  const auto unknown = folder.write("unknown.yaml", "model: dummy\nlimitt: 3\n");
  const auto first = lmms_eval({"--config", unknown.string()});
  EXPECT_EQ(first.status, 2);
  EXPECT_NE(first.err.find("unknown.yaml:2: unknown key 'limitt'; did you mean 'limit'"), std::string::npos)
      << first.err;
  const auto broken = folder.write("broken.yaml", "model: dummy\ntasks: [a\n");
  const auto second = lmms_eval({"--config", broken.string()});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.err.find("broken.yaml:"), std::string::npos) << second.err;
}

TEST(CommandLine, CheckIntegrityReadsEveryDoc) {
  const auto result = lmms_eval(dummy({"--limit", "1", "--check_integrity"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("integrity of task digits: 360 docs, 360 requests"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace lmms_eval::testing
