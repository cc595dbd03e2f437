#include "evaluator/sample_line.h"

#include <gtest/gtest.h>

#include "support/fake_task.h"

namespace lmms_eval {
namespace {

using testing::FakeTask;

TEST(SampleLine, KeysComeInTheOrderOfTheReference) {
  FakeTask task("t", 3);
  const Doc doc = task.doc(2);
  const auto requests = task.build_requests(doc);
  std::vector<Response> responses = {Response::answer("a2")};
  responses[0].tokens = {5, 3, 0};
  const auto scored = task.score(doc, responses);
  const FinishedDoc finished{task, doc, requests, responses, Status::answered, "", "hash"};
  EXPECT_EQ(
      sample_line(finished, &scored[0], "<image>\nq2"),
      R"({"doc_id": 2, "target": "a2", "filtered_resps": "a2", "token_counts": [{"input_tokens": 5, "output_tokens": 3, )"
      R"("reasoning_tokens": 0}], "doc_hash": "hash", "input_media": ["2.png"], "exact_match": 1.0, "input": "<image>\nq2", )"
      R"("filter": "none", "status": "answered", "error": null})");
}

TEST(SampleLine, RespsAreShownWhenTheFilterChangedThem) {
  FakeTask task("t", 3);
  const Doc doc = task.doc(0);
  const auto requests = task.build_requests(doc);
  const std::vector<Response> responses = {Response::answer("so: a0")};
  auto scored = task.score(doc, responses);
  *scored[0].filtered_resps = nlohmann::ordered_json::array({"a0"});
  const FinishedDoc finished{task, doc, requests, responses, Status::answered, "", ""};
  const auto line = nlohmann::json::parse(sample_line(finished, &scored[0], ""));
  EXPECT_EQ(line["resps"], nlohmann::json::array({"so: a0"}));
  EXPECT_EQ(line["filtered_resps"], "a0");
}

TEST(SampleLine, LeavesAreTextAsPythonWritesThem) {
  FakeTask task("t", 1);
  const Doc doc = task.doc(0);
  const FinishedDoc finished{task, doc, {}, {}, Status::answered, "", ""};
  ScoredFilter scored;
  const auto written = [&](nlohmann::ordered_json value) {
    scored.filtered_resps = std::make_unique<nlohmann::ordered_json>(nlohmann::ordered_json::array({std::move(value)}));
    return nlohmann::json::parse(sample_line(finished, &scored, ""))["filtered_resps"].get<std::string>();
  };
  EXPECT_EQ(written(nullptr), "None");
  EXPECT_EQ(written(true), "True");
  EXPECT_EQ(written(-1.5), "-1.5");
  EXPECT_EQ(written(3), "3");
  EXPECT_EQ(written({{"it's", "a \"b\"\n"}}), R"({"it's": 'a "b"\n'})");
}

TEST(SampleLine, ARowThatCannotBeReadHasALine) {
  FakeTask task("t", 1);
  const Doc doc(7, nullptr);
  const FinishedDoc finished{task, doc, {}, {}, Status::unscorable, "t.parquet: row 7 is broken", ""};
  const auto line = nlohmann::json::parse(sample_line(finished, nullptr, ""));
  EXPECT_EQ(line["doc_id"], 7);
  EXPECT_EQ(line["target"], nullptr);
  EXPECT_EQ(line["doc_hash"], nullptr);
  EXPECT_EQ(line["status"], "unscorable");
  EXPECT_EQ(line["error"], "t.parquet: row 7 is broken");
}

TEST(SampleLine, ARequestWithoutAnswerHasNoTextNone) {
  FakeTask task("t", 1);
  const Doc doc = task.doc(0);
  const auto requests = task.build_requests(doc);
  const std::vector<Response> responses = {Response::failure("HTTP 500")};
  const FinishedDoc finished{task, doc, requests, responses, Status::failed, "HTTP 500", ""};
  const auto line = nlohmann::json::parse(sample_line(finished, nullptr, ""));
  EXPECT_FALSE(line.contains("resps"));
  EXPECT_TRUE(line["filtered_resps"].is_null());
  EXPECT_EQ(line["status"], "failed");
}

TEST(SampleLine, RepeatsOfOneRequestStayTogether) {
  FakeTask task("t", 1);
  task.repeats_count = 2;
  const Doc doc = task.doc(0);
  const auto requests = task.build_requests(doc);
  const std::vector<Response> responses = {Response::answer("x"), Response::answer("y")};
  const auto scored = task.score(doc, responses);
  const FinishedDoc finished{task, doc, requests, responses, Status::answered, "", ""};
  const auto line = nlohmann::json::parse(sample_line(finished, &scored[0], ""));
  EXPECT_EQ(line["resps"], nlohmann::json::array({"x", "y"}));
}

}  // namespace
}  // namespace lmms_eval
