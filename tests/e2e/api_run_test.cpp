#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "e2e/digits_answers.h"
#include "e2e/image_parquet.h"
#include "e2e/program.h"
#include "support/openai_server/server.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

constexpr const char* kKey = "sk-test-0123456789";

std::vector<std::string> api_run(const std::string& base_url, const std::vector<std::string>& more = {},
                                 const std::string& more_args = "") {
  std::vector<std::string> arguments = {
      "--model",      "async_openai",
      "--model_args", "model=tester,base_url=" + base_url + ",retry_backoff_s=0.01" + more_args,
      "--tasks",      "digits"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

openai_server::Options seeing_server() {
  openai_server::Options options;
  options.answers = digits_answers();
  options.answer = "unknown image";
  return options;
}

openai_server::Rule rule(openai_server::Fault fault, std::int64_t times) {
  openai_server::Rule rule;
  rule.fault = fault;
  rule.times = times;
  return rule;
}

nlohmann::json results_in(const TempDir& folder) {
  return read_json(files_ending(folder.path(), "_results.json").at(0));
}

TEST(ApiRun, ScoresDigitsAndWritesResultsSamplesAndCache) {
  openai_server::Server server(seeing_server());
  const TempDir folder;
  const auto run =
      lmms_eval(api_run(server.base_url(), {"--log_samples", "--log_samples_suffix", "S", "--output_path",
                                            folder.path().string(), "--use_cache", (folder / "c_").string()}),
                {{{"OPENAI_API_KEY", kKey}}, {}});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("|digits|none  |     0|exact_match|↑  |    1|±  |     0|"), std::string::npos) << run.out;
  const auto results = results_in(folder);
  EXPECT_EQ(results["results"]["digits"]["exact_match,none"], 1.0);
  EXPECT_EQ(results["n-samples"]["digits"]["answered"], 360);
  EXPECT_EQ(results["config"]["model"], "async_openai");
  const auto samples = read_jsonl(files_ending(folder.path(), "_samples_digits_S.jsonl").at(0));
  ASSERT_EQ(samples.size(), 360u);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i]["doc_id"], i);
    EXPECT_EQ(samples[i]["filtered_resps"], samples[i]["target"]);
    EXPECT_EQ(samples[i]["status"], "answered");
    EXPECT_EQ(samples[i]["filter"], "none");
    EXPECT_EQ(samples[i]["input"].get<std::string>().find("base64"), std::string::npos);
  }
  EXPECT_EQ(server.stats().requests, 360);
  EXPECT_EQ(server.stats().last_headers().at("authorization"), std::string("Bearer ") + kKey);

  // The second run asks nothing and scores the same.
  const TempDir second;
  const auto again = lmms_eval(
      api_run(server.base_url(), {"--output_path", second.path().string(), "--use_cache", (folder / "c_").string()}));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(server.stats().requests, 360);
  EXPECT_EQ(results_in(second)["results"], results["results"]);
  EXPECT_NE(again.out.find("360 from the cache"), std::string::npos) << again.out;
}

TEST(ApiRun, TheKeyIsNowhere) {
  openai_server::Server server(seeing_server());
  const TempDir folder;
  const auto run = lmms_eval(api_run(server.base_url(),
                                     {"--log_samples", "--output_path", folder.path().string(), "--use_cache",
                                      (folder / "c_").string(), "--verbosity", "DEBUG", "--limit", "8"},
                                     std::string(",api_key=") + kKey));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out.find(kKey), std::string::npos);
  EXPECT_EQ(run.err.find(kKey), std::string::npos);
  for (const auto& file : files_ending(folder.path(), ""))
    EXPECT_EQ(run_program({"/bin/grep", "-c", kKey, file.string()}).status, 1) << file;
}

TEST(ApiRun, KeepsTheAskedNumberOfRequestsInFlight) {
  auto options = seeing_server();
  options.latency_ms = 30;
  openai_server::Server server(options);
  const auto run = lmms_eval(api_run(server.base_url(), {"--batch_size", "1"}, ",num_concurrent=48"));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(server.stats().max_in_flight, 48);
  EXPECT_LE(server.stats().connections, 64);
}

TEST(ApiRun, PassingFaultsAreRetriedAndCostNoDoc) {
  for (const auto fault : {openai_server::Fault::status, openai_server::Fault::cut_body, openai_server::Fault::close,
                           openai_server::Fault::malformed}) {
    auto options = seeing_server();
    options.rules = {rule(fault, 7)};
    openai_server::Server server(options);
    const TempDir folder;
    const auto run = lmms_eval(api_run(server.base_url(), {"--limit", "40", "--output_path", folder.path().string()}));
    ASSERT_EQ(run.status, 0) << static_cast<int>(fault) << run.err;
    EXPECT_EQ(results_in(folder)["results"]["digits"]["exact_match,none"], 1.0);
    EXPECT_EQ(server.stats().requests, 47);
  }
}

TEST(ApiRun, LastingFaultsAreFailuresNotWrongAnswers) {
  auto options = seeing_server();
  auto broken = rule(openai_server::Fault::null_content, -1);
  broken.every = 10;
  options.rules = {broken};
  openai_server::Server server(options);
  const TempDir folder;
  const auto run = lmms_eval(api_run(server.base_url(),
                                     {"--limit", "40", "--log_samples", "--output_path", folder.path().string(),
                                      "--use_cache", (folder / "c_").string()},
                                     ",max_retries=1,num_concurrent=1"));
  EXPECT_EQ(run.status, 1);
  const auto results = results_in(folder);
  EXPECT_EQ(results["results"]["digits"]["exact_match,none"], 1.0);
  EXPECT_EQ(results["n-samples"]["digits"]["failed"], 4);
  EXPECT_EQ(results["n-samples"]["digits"]["answered"], 36);
  EXPECT_NE(run.out.find("36/40 docs"), std::string::npos) << run.out;
  EXPECT_NE(run.err.find("digits: 4 docs failed"), std::string::npos) << run.err;
  int failed = 0;
  for (const auto& line : read_jsonl(files_ending(folder.path(), "_samples_digits.jsonl").at(0))) {
    if (line["status"] == "answered") continue;
    ++failed;
    EXPECT_FALSE(line.contains("exact_match"));
    EXPECT_TRUE(line["error"].is_string());
  }
  EXPECT_EQ(failed, 4);

  // Only the failed docs are asked again.
  EXPECT_EQ(server.stats().requests, 40);
  server.set_rules({});
  const auto again = lmms_eval(api_run(server.base_url(), {"--limit", "40", "--use_cache", (folder / "c_").string()}));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(server.stats().requests, 44);
}

TEST(ApiRun, EmptyAndCutAnswersAreScoredAndSaid) {
  auto options = seeing_server();
  options.rules = {rule(openai_server::Fault::empty, 3), rule(openai_server::Fault::length, 2)};
  openai_server::Server server(options);
  const TempDir folder;
  const auto run = lmms_eval(api_run(server.base_url(), {"--limit", "20", "--output_path", folder.path().string()}));
  EXPECT_EQ(run.status, 0) << run.err;
  const auto results = results_in(folder);
  EXPECT_EQ(results["n-samples"]["digits"]["empty"], 3);
  EXPECT_EQ(results["n-samples"]["digits"]["cut"], 2);
  EXPECT_EQ(results["n-samples"]["digits"]["answered"], 20);
}

TEST(ApiRun, AnUnreachableServerIsOneClearLine) {
  int port = 0;
  { port = openai_server::Server({}).port(); }  // free again now
  const auto run = lmms_eval(
      api_run("http://127.0.0.1:" + std::to_string(port) + "/v1", {"--verbosity", "ERROR"}, ",max_retries=2"));
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("127.0.0.1:" + std::to_string(port)), std::string::npos) << run.err;
}

TEST(ApiRun, APortThatIsNoneIsAUsageError) {
  const auto run = lmms_eval(api_run("http://127.0.0.1:99999/v1", {"--verbosity", "ERROR"}));
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("base_url: the port must be a number from 1 to 65535"), std::string::npos) << run.err;
}

TEST(ApiRun, HttpsInFrontOfAnHttpServerIsOneClearLineAtOnce) {
  openai_server::Server server(seeing_server());
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/v1";
  const auto run = lmms_eval(api_run(url, {"--verbosity", "WARNING"}));  // a retry would be told
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(is_one_line(run.err)) << run.err;
  EXPECT_NE(run.err.find("cannot reach " + url), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("http or https?"), std::string::npos) << run.err;
}

TEST(ApiRun, AWrongKeyStopsTheRunAtOnce) {
  auto options = seeing_server();
  options.api_key = "right";
  openai_server::Server server(options);
  const auto run = lmms_eval(api_run(server.base_url(), {"--verbosity", "ERROR"}, ",api_key=wrong-key-0123"));
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("401"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("wrong-key-0123"), std::string::npos);
  // What was in flight and what waited behind it, and two that took the place of the first two refusals.
  EXPECT_LE(server.stats().requests, 2 * 32 + 2);
}

TEST(ApiRun, UnknownModelArgumentsWarnWithTheNearestName) {
  openai_server::Server server(seeing_server());
  const auto run = lmms_eval(api_run(server.base_url(), {"--limit", "2"}, ",num_concurent=4"));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("num_concurent"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("num_concurrent"), std::string::npos) << run.err;
}

TEST(ApiRun, LogLikelihoodTasksAreRefused) {
  openai_server::Server server(seeing_server());
  const auto run = lmms_eval({"--model", "async_openai", "--model_args", "model=m,base_url=" + server.base_url(),
                              "--tasks", "digits_mc", "--verbosity", "ERROR"});
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_NE(run.err.find("loglikelihood"), std::string::npos) << run.err;
  EXPECT_EQ(server.stats().requests, 0);
}

TEST(ApiRun, OutputPathMayNameAFile) {
  openai_server::Server server(seeing_server());
  const TempDir folder;
  for (const std::string name : {"r.json", "r.jsonl"}) {
    const auto run = lmms_eval(api_run(
        server.base_url(), {"--limit", "2", "--log_samples", "--output_path", (folder / ("sub/" + name)).string()}));
    ASSERT_EQ(run.status, 0) << run.err;
  }
  EXPECT_EQ(read_jsonl(folder / "sub/r.jsonl").size(), 1u);
  EXPECT_EQ(read_json(folder / "sub/r.json")["results"]["digits"]["exact_match,none"], 1.0);
  EXPECT_EQ(files_ending(folder / "sub", "_samples_digits.jsonl").size(), 2u);
}

TEST(ApiRun, FewShotExamplesAndTheSystemTextReachTheServer) {
  auto options = seeing_server();
  options.answer = "3";
  openai_server::Server server(options);
  const auto run =
      lmms_eval(api_run(server.base_url(), {"--limit", "1", "--num_fewshot", "2", "--apply_chat_template",
                                            "--fewshot_as_multiturn", "--system_instruction", "Be brief."}));
  ASSERT_EQ(run.status, 0) << run.err;
  const auto body = nlohmann::json::parse(server.stats().last_body);
  std::vector<std::string> roles;
  for (const auto& message : body["messages"]) roles.push_back(message["role"]);
  EXPECT_EQ(roles, (std::vector<std::string>{"system", "user", "assistant", "user", "assistant", "user"}));
  EXPECT_NE(server.stats().last_body.find("Be brief."), std::string::npos);
}

TEST(ApiRun, TheSameCommandWritesTheSameScoresAndSamples) {
  openai_server::Server server(seeing_server());
  std::vector<std::string> texts;
  for (int i = 0; i < 2; ++i) {
    const TempDir folder;
    const auto run = lmms_eval(api_run(server.base_url(), {"--log_samples", "--output_path", folder.path().string()}));
    ASSERT_EQ(run.status, 0) << run.err;
    texts.push_back(run_program({"/bin/cat", files_ending(folder.path(), "_samples_digits.jsonl").at(0).string()}).out);
  }
  EXPECT_EQ(texts[0], texts[1]);
}

/// The first two test digits that differ.
std::vector<ImageRow> two_digits() {
  const TaskManager manager;
  const auto nodes = manager.load({"digits"}, {});
  const auto& task = *nodes.front().task;
  const auto row = [&](std::int64_t id) {
    const Doc doc = task.doc(id);
    const auto target = task.target(doc);
    return ImageRow{std::string(doc.media("image")[0].bytes()), "Which digit is it?",
                    target.is_string() ? target.get<std::string>() : target.dump()};
  };
  std::vector<ImageRow> rows = {row(0), row(1)};
  for (std::int64_t id = 2; rows[1].answer == rows[0].answer; ++id) rows[1] = row(id);
  return rows;
}

/// A task of two digits whose file a test may change between runs with one cache.
class ChangingDigits {
 public:
  ChangingDigits() : rows(two_digits()), server_(seeing_server()) { folder_.write("mine.yaml", image_task()); }

  /// Runs over the rows as they are now.
  double score() {
    write_image_parquet(folder_ / "data.parquet", rows, 2);
    auto arguments =
        api_run(server_.base_url(), {"--include_path", folder_.path().string(), "--use_cache",
                                     (folder_ / "c_").string(), "--output_path", (folder_ / "r.json").string()});
    *std::find(arguments.begin(), arguments.end(), "digits") = "mine";
    const auto run = lmms_eval(arguments);
    EXPECT_EQ(run.status, 0) << run.err;
    return read_json(folder_ / "r.json")["results"]["mine"]["exact_match,none"].get<double>();
  }
  std::int64_t asked() const { return server_.stats().requests; }

  std::vector<ImageRow> rows;

 private:
  openai_server::Server server_;
  TempDir folder_;
};

TEST(ApiRun, ImagesThatAreSwappedAreAskedForAnew) {
  ChangingDigits digits;
  digits.rows[1].question = "And which is this?";
  EXPECT_EQ(digits.score(), 1.0);
  EXPECT_EQ(digits.asked(), 2);
  EXPECT_EQ(digits.score(), 1.0);
  EXPECT_EQ(digits.asked(), 2) << "the cache does not know its own answers";

  std::swap(digits.rows[0].image, digits.rows[1].image);
  EXPECT_EQ(digits.score(), 0.0) << "the answers belong to other pictures";
  EXPECT_EQ(digits.asked(), 4);
}

TEST(ApiRun, CachedAnswersFollowTheirPictures) {
  ChangingDigits digits;  // one question for both
  EXPECT_EQ(digits.score(), 1.0);
  std::swap(digits.rows[0].image, digits.rows[1].image);
  EXPECT_EQ(digits.score(), 0.0) << "answers are kept by place, not by picture";
  std::swap(digits.rows[0].answer, digits.rows[1].answer);
  EXPECT_EQ(digits.score(), 1.0);
  EXPECT_EQ(digits.asked(), 2) << "both pictures had been asked about";
}

/// Signals a run, once `server` has been asked so often. Gives up after a minute, so that a hanging test ends.
std::function<void(pid_t)> once_asked(const openai_server::Server& server, std::int64_t requests,
                                      std::vector<int> signals) {
  return [&server, requests, signals = std::move(signals)](pid_t pid) {
    for (int i = 0; i < 60'000 && server.stats().requests < requests; ++i) usleep(1000);
    for (const int signal : signals) {
      kill(pid, signal);
      usleep(300'000);  // two signals at once would be one
    }
  };
}

class Interrupted : public ::testing::TestWithParam<int> {};

TEST_P(Interrupted, TheFirstSignalKeepsWhatIsInFlightAndLeavesTheRest) {
  auto options = seeing_server();
  options.latency_ms = 200;
  openai_server::Server server(options);
  const TempDir folder;
  ProgramOptions program;
  program.while_running = once_asked(server, 20, {GetParam()});
  const auto run = lmms_eval(
      api_run(server.base_url(),
              {"--log_samples", "--output_path", (folder / "r.json").string(), "--use_cache", (folder / "c_").string()},
              ",num_concurrent=8"),
      program);
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("stopping"), std::string::npos) << run.err;
  EXPECT_NE(run.out.find("|digits|"), std::string::npos) << run.out;
  const auto asked = server.stats().requests;
  ASSERT_GE(asked, 20);
  ASSERT_LT(asked, 360);
  const auto results = read_json(folder / "r.json");
  EXPECT_EQ(results["n-samples"]["digits"]["answered"], asked);
  EXPECT_EQ(results["n-samples"]["digits"]["failed"], 0);
  EXPECT_EQ(results["n-samples"]["digits"]["not_run"], 360 - asked);
  EXPECT_EQ(results["results"]["digits"]["exact_match,none"], 1.0);
  EXPECT_EQ(read_jsonl(files_ending(folder.path(), "_samples_digits.jsonl").at(0)).size(),
            static_cast<std::size_t>(asked));

  // Every answer was paid for once.
  const auto again =
      lmms_eval(api_run(server.base_url(), {"--use_cache", (folder / "c_").string()}, ",num_concurrent=64"));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(server.stats().requests, 360);
}

INSTANTIATE_TEST_SUITE_P(ApiRun, Interrupted, ::testing::Values(SIGINT, SIGTERM, SIGHUP), [](const auto& info) {
  return info.param == SIGINT ? "by_ctrl_c" : info.param == SIGTERM ? "by_sigterm" : "by_sighup";
});

TEST(ApiRun, TheSecondCtrlCEndsAtOnceAndKeepsTheCache) {
  auto options = seeing_server();
  auto hanging = rule(openai_server::Fault::hang, -1);
  hanging.after = 5;
  options.rules = {hanging};
  openai_server::Server server(options);
  const TempDir folder;
  ProgramOptions program;
  program.while_running = once_asked(server, 6, {SIGINT, SIGINT});
  const auto run = lmms_eval(
      api_run(server.base_url(), {"--limit", "20", "--use_cache", (folder / "c_").string()}, ",num_concurrent=1"),
      program);
  EXPECT_EQ(run.status, 130) << run.err;
  server.set_rules({});
  const auto again = lmms_eval(api_run(server.base_url(), {"--limit", "20", "--use_cache", (folder / "c_").string()}));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(server.stats().requests, 6 + 15);
}

}  // namespace
}  // namespace lmms_eval::testing
