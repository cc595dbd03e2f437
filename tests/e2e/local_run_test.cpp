#include <gtest/gtest.h>

#include <fstream>

#include "e2e/image_parquet.h"
#include "e2e/program.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> local_run(const std::vector<std::string>& more, const std::string& model = bundled_model(),
                                   const std::string& more_args = "") {
  std::vector<std::string> arguments = {
      "--model", "llava_onevision", "--model_args", "pretrained=" + model + more_args, "--device", "cpu"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// A copy of the bundled checkpoint that a test may spoil.
fs::path copied_model(const TempDir& folder) {
  fs::copy(bundled_model(), folder / "model", fs::copy_options::recursive);
  return folder / "model";
}

nlohmann::json results_in(const TempDir& folder) {
  return read_json(files_ending(folder.path(), "_results.json").at(0));
}

TEST(LocalRun, ReadsTheDigits) {
  const TempDir folder;
  const auto run =
      lmms_eval(local_run({"--tasks", "digits_all", "--batch_size", "auto", "--log_samples", "--output_path",
                           folder.path().string(), "--use_cache", (folder / "c_").string()}));
  ASSERT_EQ(run.status, 0) << run.err;
  const auto results = results_in(folder);
  EXPECT_GE(results["results"]["digits"]["exact_match,none"].get<double>(), 0.97);
  EXPECT_GE(results["results"]["digits_mc"]["acc,none"].get<double>(), 0.97);
  EXPECT_EQ(results["n-samples"]["digits"]["answered"], 360);
  EXPECT_EQ(results["n-samples"]["digits_mc"]["answered"], 360);
  EXPECT_TRUE(results["chat_template"].is_string());
  EXPECT_EQ(read_jsonl(files_ending(folder.path(), "_samples_digits.jsonl").at(0)).size(), 360u);

  const TempDir second;
  const auto again = lmms_eval(local_run(
      {"--tasks", "digits_all", "--output_path", second.path().string(), "--use_cache", (folder / "c_").string()}));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("digits: 360 docs, 360 from the cache"), std::string::npos) << again.out;
  EXPECT_EQ(results_in(second)["results"], results["results"]);
}

TEST(LocalRun, ScoresDoNotDependOnTheBatchSizeOrTheName) {
  std::vector<nlohmann::json> scores;
  for (const auto& [model, batch] : {std::pair{"llava_onevision", "1"}, {"llava_hf", "7"}, {"huggingface", "32"}}) {
    const TempDir folder;
    auto arguments = local_run(
        {"--tasks", "digits", "--limit", "64", "--batch_size", batch, "--output_path", folder.path().string()});
    arguments[1] = model;
    const auto run = lmms_eval(arguments);
    ASSERT_EQ(run.status, 0) << run.err;
    scores.push_back(results_in(folder)["results"]);
  }
  EXPECT_EQ(scores[0], scores[1]);
  EXPECT_EQ(scores[0], scores[2]);
}

TEST(LocalRun, TakesModelAndDataFromTheCacheOfTheHub) {
  const TempDir folder;
  const std::string model = "hub/models--some--model/snapshots/abc";
  fs::create_directories(folder / model);
  for (const auto& file : fs::directory_iterator(bundled_model()))
    fs::create_symlink(file.path(), folder / model / file.path().filename());
  folder.write("hub/models--some--model/refs/main", "abc");
  folder.write("hub/datasets--some--digits/refs/main", "def");
  const std::string data = "hub/datasets--some--digits/snapshots/def";
  fs::create_directories(folder / data / "parquet");
  fs::create_symlink(fs::path(LMMS_EVAL_SOURCE_DIR) / "tasks/digits/data/test.parquet",
                     folder / data / "parquet/part.parquet");
  folder.write(data + "/README.md",
               "---\nconfigs:\n- config_name: mine\n  data_files:\n  - {split: held_out, path: parquet/*}\n---\n");
  folder.write("mine.yaml",
               "task: mine\ndataset_path: some/digits\ndataset_name: mine\ntest_split: held_out\n"
               "doc_to_visual: image\ndoc_to_text: 'Which digit is this?'\ndoc_to_target: '{{label}}'\n");
  const auto run = lmms_eval({"--model", "llava_onevision", "--model_args", "pretrained=some/model", "--device", "cpu",
                              "--tasks", "mine", "--include_path", folder.path().string(), "--limit", "4"},
                             {{{"HF_HUB_CACHE", (folder / "hub").string()}}, {}});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("|mine |"), std::string::npos) << run.out;
}

TEST(LocalRun, BatchSizeAndDeviceInModelArgsWinWithAMessage) {
  const auto run = lmms_eval({"--model", "llava_onevision", "--model_args",
                              "pretrained=" + bundled_model() + ",batch_size=4,device=cpu", "--batch_size", "2",
                              "--tasks", "digits", "--limit", "8"});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("batch_size: 4"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("batch_size"), std::string::npos) << run.err;
}

TEST(LocalRun, AnUnknownModelArgumentIsRefusedWithTheKnownOnes) {
  const auto run = lmms_eval(local_run({"--tasks", "digits", "--limit", "1"}, bundled_model(), ",dtyp=float32"));
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_NE(run.err.find("dtyp"), std::string::npos);
  EXPECT_NE(run.err.find("dtype"), std::string::npos) << run.err;
}

TEST(LocalRun, CudaWithoutAGpuIsAnError) {
  if (fs::exists("/dev/nvidia0")) GTEST_SKIP() << "this machine has a GPU";
  const auto run = lmms_eval({"--model", "llava_onevision", "--model_args", "pretrained=" + bundled_model(), "--device",
                              "cuda", "--tasks", "digits", "--limit", "1", "--verbosity", "ERROR"});
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("--device cuda: no usable GPU"), std::string::npos) << run.err;
}

struct Spoiled {
  const char* name;
  void (*spoil)(const fs::path& model);
  const char* expected;
};

void truncate_weights(const fs::path& model) {
  fs::resize_file(model / "model.safetensors", fs::file_size(model / "model.safetensors") / 2);
}
void remove_weights(const fs::path& model) { fs::remove(model / "model.safetensors"); }
void remove_config(const fs::path& model) { fs::remove(model / "config.json"); }
void break_tokenizer(const fs::path& model) { std::ofstream(model / "tokenizer.json") << "{\"model\": "; }
void wrong_type(const fs::path& model) {
  auto config = read_json(model / "config.json");
  config["model_type"] = "llava_onevison";
  std::ofstream(model / "config.json") << config;
}

class SpoiledModel : public ::testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledModel, IsOneClearLineAndExitsWith1) {
  const TempDir folder;
  const auto model = copied_model(folder);
  GetParam().spoil(model);
  const auto run = lmms_eval(local_run({"--tasks", "digits", "--limit", "1", "--verbosity", "ERROR"}, model.string()));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find(GetParam().expected), std::string::npos) << run.err;
}

INSTANTIATE_TEST_SUITE_P(LocalRun, SpoiledModel,
                         ::testing::Values(Spoiled{"truncated", truncate_weights, "model.safetensors"},
                                           Spoiled{"missing", remove_weights, "model.safetensors"},
                                           Spoiled{"no_config", remove_config, "config.json"},
                                           Spoiled{"tokenizer", break_tokenizer, "tokenizer.json"},
                                           Spoiled{"type", wrong_type, "llava_onevison"}),
                         [](const auto& info) { return info.param.name; });

TEST(LocalRun, ADocThatTheChatTemplateRefusesIsUnscorableWhateverIsShownOfIt) {
  const TempDir folder;
  const auto model = copied_model(folder);
  const std::string old = [&] {
    std::ifstream in(model / "chat_template.jinja");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  std::ofstream(model / "chat_template.jinja")
      << "{% if 'swearword' in (messages | tojson) %}{{ raise_exception('no such words') }}{% endif %}" << old;
  folder.write("tasks/mine.yaml", image_task());
  write_image_parquet(folder / "tasks/data.parquet",
                      {{tiny_png(1), "swearword", "A"}, {tiny_png(2), "what is it?", "A"}, {tiny_png(3), "and?", "A"}},
                      3);
  const auto run =
      lmms_eval(local_run({"--tasks", "mine", "--include_path", (folder / "tasks").string(), "--batch_size", "3",
                           "--write_out", "--log_samples", "--output_path", (folder / "r.json").string()},
                          model.string()));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("no such words"), std::string::npos) << run.err;
  const auto counts = read_json(folder / "r.json")["n-samples"]["mine"];
  EXPECT_EQ(counts["answered"], 2);
  EXPECT_EQ(counts["unscorable"], 1);
  const auto samples = read_jsonl(files_ending(folder.path(), "_samples_mine.jsonl").at(0));
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0]["status"], "unscorable");
}

TEST(LocalRun, AMissingFolderSaysWhatToGive) {
  const auto run =
      lmms_eval(local_run({"--tasks", "digits", "--limit", "1", "--verbosity", "ERROR"}, "lmms-lab/no-such-model"));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("lmms-lab/no-such-model"), std::string::npos);
}

TEST(LocalRun, AWrongDtypeIsAUsageError) {
  const auto run = lmms_eval(
      local_run({"--tasks", "digits", "--limit", "1", "--verbosity", "ERROR"}, bundled_model(), ",dtype=float12"));
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_NE(run.err.find("float12"), std::string::npos);
}

}  // namespace
}  // namespace lmms_eval::testing
