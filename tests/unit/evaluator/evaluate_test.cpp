#include "lmms_eval/evaluate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "support/fake_task.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

using testing::FakeModel;
using testing::FakeTask;
using testing::gold;
using testing::leaf;

class CollectingSink final : public ResultSink {
 public:
  bool wants_samples() const override { return true; }
  void sample(const Sample& sample) override { lines.push_back(nlohmann::json::parse(sample.json)); }
  void finish(const Results&) override { finished = true; }
  void abort() override { aborted = true; }

  std::vector<nlohmann::json> lines;
  bool finished = false;
  bool aborted = false;
};

EvaluateOptions quiet() {
  EvaluateOptions options;
  options.show_progress = false;
  return options;
}

Results run(LM& model, std::shared_ptr<Task> task, const EvaluateOptions& options, ResultSink* sink = nullptr) {
  std::vector<ResultSink*> sinks;
  if (sink) sinks.push_back(sink);
  return evaluate(model, {leaf(std::move(task))}, options, sinks);
}

double exact_match(const Results& results, const std::string& task) {
  return (*results.document)["results"][task]["exact_match,none"].get<double>();
}

TEST(Evaluate, ScoresEveryDocOnce) {
  FakeModel model(gold);
  const auto results = run(model, std::make_shared<FakeTask>("t", 200), quiet());
  EXPECT_TRUE(results.complete);
  EXPECT_EQ(exact_match(results, "t"), 1.0);
  EXPECT_EQ(model.asked.size(), 200u);
  EXPECT_EQ(results.counts[0].second.answered, 200);
}

TEST(Evaluate, AFailureIsNeverScoredAsAWrongAnswer) {
  FakeModel model(
      [](const Request& request) { return request.doc_id == 3 ? Response::failure("HTTP 500") : gold(request); });
  CollectingSink sink;
  const auto results = run(model, std::make_shared<FakeTask>("t", 10), quiet(), &sink);
  EXPECT_FALSE(results.complete);
  EXPECT_EQ(exact_match(results, "t"), 1.0);  // over the nine answered docs
  const auto& samples = (*results.document)["n-samples"]["t"];
  EXPECT_EQ(samples["answered"], 9);
  EXPECT_EQ(samples["failed"], 1);
  EXPECT_EQ(samples["effective"], 10);
  ASSERT_EQ(results.problems.size(), 1u);
  EXPECT_EQ(results.problems[0], "t: 1 doc failed (first: doc 3): HTTP 500");
  for (const auto& line : sink.lines) {
    const bool failed = line["doc_id"] == 3;
    EXPECT_EQ(line["status"], failed ? "failed" : "answered");
    EXPECT_EQ(line.contains("exact_match"), !failed);
    EXPECT_EQ(line["error"].is_null(), !failed);
  }
}

TEST(Evaluate, ADocThatCannotBeRenderedIsUnscorableAndCostsNothing) {
  auto task = std::make_shared<FakeTask>("t", 5);
  task->unrenderable = 2;
  FakeModel model(gold);
  CollectingSink sink;
  const auto results = run(model, task, quiet(), &sink);
  EXPECT_EQ(model.asked.size(), 4u);
  EXPECT_EQ(results.counts[0].second.unscorable, 1);
  EXPECT_FALSE(results.complete);
  EXPECT_EQ(sink.lines.size(), 5u);
}

TEST(Evaluate, BadDataInABatchCostsOnlyItsOwnRequest) {
  FakeModel model([](const Request& request) -> Response {
    if (request.doc_id == 1) throw errors::data("1.png: not an image");
    return gold(request);
  });
  const auto results = run(model, std::make_shared<FakeTask>("t", 8), quiet());
  EXPECT_EQ(results.counts[0].second.answered, 7);
  EXPECT_EQ(results.counts[0].second.unscorable, 1);
}

TEST(Evaluate, LimitAndOffsetChooseDocsByIndex) {
  FakeModel model(gold);
  EvaluateOptions options = quiet();
  options.limit = 3;
  options.offset = 4;
  CollectingSink sink;
  run(model, std::make_shared<FakeTask>("t", 20), options, &sink);
  std::vector<int> ids;
  for (const auto& line : sink.lines) ids.push_back(line["doc_id"]);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (std::vector<int>{4, 5, 6}));
}

TEST(Evaluate, AFractionIsTakenOfEachTask) {
  FakeModel model(gold);
  EvaluateOptions options = quiet();
  options.limit = 0.5;
  const auto results = evaluate(
      model, {leaf(std::make_shared<FakeTask>("big", 20)), leaf(std::make_shared<FakeTask>("small", 7))}, options);
  EXPECT_EQ(results.counts[0].second.requested, 10);
  EXPECT_EQ(results.counts[1].second.requested, 4);
}

TEST(Evaluate, AsLmmsEvalAFractionIsTakenOfTheTaskWithTheLastName) {
  FakeModel model(gold);
  EvaluateOptions options = quiet();
  options.limit = 0.5;
  options.as_lmms_eval_07 = true;
  std::vector<TaskNode> tasks = {leaf(std::make_shared<FakeTask>("a", 7)), leaf(std::make_shared<FakeTask>("b", 20))};
  const auto results = evaluate(model, tasks, options);
  EXPECT_EQ(results.counts[0].second.requested, 7);
  EXPECT_EQ(results.counts[1].second.requested, 10);
}

TEST(Evaluate, TheCacheAnswersASecondRunWithoutTheModel) {
  const testing::TempDir folder;
  EvaluateOptions options = quiet();
  options.use_cache = (folder / "cache_").string();
  FakeModel first(gold);
  run(first, std::make_shared<FakeTask>("t", 12), options);
  EXPECT_TRUE(std::filesystem::exists(folder / "cache_rank0.db"));
  FakeModel second(gold);
  const auto results = run(second, std::make_shared<FakeTask>("t", 12), options);
  EXPECT_EQ(second.asked.size(), 0u);
  EXPECT_EQ(results.counts[0].second.cached, 12);
  EXPECT_EQ(exact_match(results, "t"), 1.0);
  FakeModel other(gold);
  other.identity = "2";
  run(other, std::make_shared<FakeTask>("t", 12), options);
  EXPECT_EQ(other.asked.size(), 12u);
}

TEST(Evaluate, FailuresAreNotCached) {
  const testing::TempDir folder;
  EvaluateOptions options = quiet();
  options.use_cache = (folder / "cache_").string();
  FakeModel broken([](const Request&) { return Response::failure("down"); });
  run(broken, std::make_shared<FakeTask>("t", 4), options);
  FakeModel mended(gold);
  const auto results = run(mended, std::make_shared<FakeTask>("t", 4), options);
  EXPECT_EQ(mended.asked.size(), 4u);
  EXPECT_TRUE(results.complete);
}

TEST(Evaluate, AnswersAreKeptWhenTheModelBreaksInTheMiddle) {
  const testing::TempDir folder;
  EvaluateOptions options = quiet();
  options.use_cache = (folder / "cache_").string();
  FakeModel breaking(
      [](const Request& request) -> Response {
        if (request.doc_id == 6) throw errors::model("out of memory");
        return gold(request);
      },
      1);
  CollectingSink sink;
  EXPECT_THROW(run(breaking, std::make_shared<FakeTask>("t", 10), options, &sink), Error);
  EXPECT_TRUE(sink.aborted);
  EXPECT_FALSE(sink.finished);
  const auto kept = sink.lines.size();
  EXPECT_GT(kept, 0u);
  FakeModel again(gold, 1);
  run(again, std::make_shared<FakeTask>("t", 10), options);
  EXPECT_EQ(again.asked.size(), 10 - kept);
}

TEST(Evaluate, ATokenBudgetLeavesTheRestNotRun) {
  EvaluateOptions options = quiet();
  options.max_tokens = 35;
  FakeModel model(
      [](const Request& request) {
        Response response = gold(request);
        response.tokens = {9, 1, std::nullopt};
        return response;
      },
      1);
  const auto results = run(model, std::make_shared<FakeTask>("t", 10), options);
  EXPECT_EQ(results.counts[0].second.answered, 4);
  EXPECT_EQ(results.counts[0].second.not_run, 6);
  EXPECT_FALSE(results.complete);
  EXPECT_NE(std::find(results.problems.begin(), results.problems.end(),
                      "stopped at --max_tokens 35: 40 were used, those of requests in flight among them"),
            results.problems.end());
}

TEST(Evaluate, TokensOfACallThatGaveNoAnswerCount) {
  FakeModel model([](const Request& request) {
    Response response = request.doc_id == 1 ? Response::failure("no content") : gold(request);
    if (request.doc_id < 2) response.tokens = {9, 1, std::nullopt};
    return response;
  });
  const auto results = run(model, std::make_shared<FakeTask>("t", 3), quiet());
  EXPECT_EQ(results.counts[0].second.failed, 1);
  EvaluateOptions budget = quiet();
  budget.max_tokens = 15;  // spent only if the failed call counts
  FakeModel one(
      [](const Request& request) {
        Response response = request.doc_id == 1 ? Response::failure("no content") : gold(request);
        response.tokens = {9, 1, std::nullopt};
        return response;
      },
      1);
  EXPECT_EQ(run(one, std::make_shared<FakeTask>("t", 3), budget).counts[0].second.not_run, 1);
}

TEST(Evaluate, EmptyAndCutAnswersAreScoredAndCounted) {
  FakeModel model([](const Request& request) {
    if (request.doc_id == 0) return Response::answer("");
    return Response::answer("a" + std::to_string(request.doc_id),
                            request.doc_id == 1 ? FinishReason::length : FinishReason::stop);
  });
  const auto results = run(model, std::make_shared<FakeTask>("t", 4), quiet());
  EXPECT_TRUE(results.complete);
  EXPECT_EQ(results.counts[0].second.empty, 1);
  EXPECT_EQ(results.counts[0].second.cut, 1);
  EXPECT_EQ(exact_match(results, "t"), 0.75);
}

TEST(Evaluate, AModelThatCannotAnswerTheRequestTypeIsAUsageError) {
  auto task = std::make_shared<FakeTask>("t", 2);
  task->type = RequestType::loglikelihood_rolling;
  FakeModel model(gold);
  try {
    run(model, task, quiet());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.message().find("loglikelihood_rolling"), std::string::npos);
  }
}

class FailingSink final : public ResultSink {
 public:
  bool wants_samples() const override { return true; }
  void sample(const Sample&) override {
    ++samples;
    throw errors::output("no space");
  }
  void finish(const Results&) override { finished = true; }
  int samples = 0;
  bool finished = false;
};

TEST(Evaluate, ASinkThatFailsTakesNothingWithIt) {
  FakeModel model(gold);
  FailingSink failing;
  CollectingSink good;
  ResultSink* sinks[] = {&failing, &good};
  const auto results = evaluate(model, {leaf(std::make_shared<FakeTask>("t", 5))}, quiet(), sinks);
  EXPECT_EQ(exact_match(results, "t"), 1.0);
  EXPECT_EQ(good.lines.size(), 5u);
  EXPECT_TRUE(good.finished);
  EXPECT_EQ(failing.samples, 1);
  EXPECT_FALSE(failing.finished);
  EXPECT_FALSE(results.complete);
  EXPECT_EQ(results.problems, std::vector<std::string>{"no space"});
}

/// Cannot say what it is sent.
class UnshownModel final : public LM {
 public:
  ModelInfo info() const override { return {}; }
  std::vector<Response> generate_until(std::span<const Request> requests) override {
    return std::vector<Response>(requests.size(), Response::unscorable("the template refuses"));
  }
  std::string prompt_text(const Request&) const override { throw errors::config("the template refuses"); }
};

TEST(Evaluate, APromptThatCannotBeShownDoesNotEndTheRun) {
  UnshownModel model;
  CollectingSink sink;
  EvaluateOptions options = quiet();
  options.write_out = true;
  const auto results = run(model, std::make_shared<FakeTask>("t", 2), options, &sink);
  ASSERT_EQ(sink.lines.size(), 2u);
  EXPECT_EQ(sink.lines[0]["input"], "[no prompt: the template refuses]");
  EXPECT_EQ(results.counts[0].second.unscorable, 2);
}

/// Pulls as much as it gets before it answers anything.
class GreedyModel final : public LM {
 public:
  ModelInfo info() const override { return {}; }
  void run(RequestStream& stream) override {
    while (!stream.exhausted()) {
      std::vector<StreamedRequest> held;
      while (auto request = stream.next()) held.push_back(std::move(*request));
      most_held = std::max(most_held, held.size());
      for (auto& request : held) stream.complete(request.ticket, gold(request.request));
    }
  }
  std::size_t most_held = 0;
};

TEST(Evaluate, AModelThatPullsEverythingGetsABoundedPart) {
  GreedyModel model;
  const auto results = run(model, std::make_shared<FakeTask>("t", 5000), quiet());
  EXPECT_TRUE(results.complete);
  EXPECT_EQ(results.counts[0].second.answered, 5000);
  EXPECT_LT(model.most_held, 1000u);
}

TEST(Evaluate, AStopEndsOneRunOnly) {
  FakeModel stopping([](const Request& request) {
    request_stop();
    return gold(request);
  });
  const auto first = run(stopping, std::make_shared<FakeTask>("t", 50), quiet());
  EXPECT_FALSE(first.complete);
  EXPECT_GT(first.counts[0].second.not_run, 0);
  EXPECT_EQ(first.counts[0].second.answered + first.counts[0].second.not_run, 50);
  FakeModel model(gold);
  EXPECT_TRUE(run(model, std::make_shared<FakeTask>("t", 50), quiet()).complete);
}

TEST(Evaluate, NothingScoredGivesNoNumber) {
  FakeModel model([](const Request&) { return Response::failure("down"); });
  const auto results = run(model, std::make_shared<FakeTask>("t", 3), quiet());
  EXPECT_EQ((*results.document)["results"]["t"]["exact_match,none"], "N/A");
}

}  // namespace
}  // namespace lmms_eval
