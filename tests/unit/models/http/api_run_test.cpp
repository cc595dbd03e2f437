#include "models/http/api_run.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "models/http/openai.h"
#include "support/openai_server/server.h"
#include "unit/models/http/http_test_support.h"

namespace lmms_eval::http {
namespace {

using openai_server::Fault;
using openai_server::Rule;
using openai_server::Server;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiRunTest : public ::testing::Test {
 protected:
  /// Runs the requests against a server with these rules; retries wait for nothing unless `args` says so.
  ApiRunMetrics run(ListStream& stream, const Server& server, const std::string& args = {}) {
    return run(stream, server.base_url(), args);
  }

  ApiRunMetrics run(ListStream& stream, const std::string& base_url, const std::string& args = {}) {
    ModelOptions options;
    options.args = "base_url=" + base_url + ",retry_backoff_s=0" + (args.empty() ? "" : "," + args);
    const OpenAIProtocol protocol(OpenAIOptions::parse("async_openai", options));
    ApiRunMetrics metrics;
    run_api(stream, protocol, protocol.options().run, metrics);
    return metrics;
  }

  static openai_server::Options with_rules(std::vector<Rule> rules) {
    openai_server::Options options;
    options.rules = std::move(rules);
    return options;
  }

  ScopedEnv environment_ = clean_environment();
  CapturedLog log_;
};

TEST_F(ApiRunTest, AnswersEveryRequestOnce) {
  openai_server::Options options;
  options.answer = "two words";
  Server server(options);
  ListStream stream(text_requests(200));
  const auto metrics = run(stream, server, "num_concurrent=8");
  EXPECT_EQ(stream.count(Status::answered), 200u);
  EXPECT_EQ(stream.completed_twice(), 0u);
  EXPECT_EQ(stream.response(150)->text, "two words");
  EXPECT_EQ(stream.response(150)->tokens.output, 2);
  EXPECT_EQ(server.stats().requests, 200);
  EXPECT_EQ(metrics.requests, 200);
  EXPECT_EQ(metrics.attempts, 200);
  EXPECT_EQ(metrics.output_tokens, 400);
  EXPECT_GT(metrics.latency_s, 0.0);
}

TEST_F(ApiRunTest, KeepsNumConcurrentInFlightOnAsManyConnections) {
  openai_server::Options options;
  options.latency_ms = 30;
  Server server(options);
  ListStream stream(text_requests(200));
  run(stream, server, "num_concurrent=16");
  EXPECT_EQ(server.stats().max_in_flight, 16);
  EXPECT_EQ(server.stats().connections, 16);
  EXPECT_LE(stream.most_held(), 16 + look_ahead(16));
}

TEST_F(ApiRunTest, GivesEachRequestItsOwnAnswer) {
  openai_server::Options options;
  std::vector<Request> requests;
  for (int i = 0; i < 50; ++i) {
    const MediaRef image = MediaRef::from_bytes(MediaKind::image, png_of(static_cast<std::uint8_t>(i)), "");
    options.answers[image.sha256()] = "shade " + std::to_string(i);
    requests.push_back(text_request("shade?"));
    requests.back().messages[0].parts.insert(requests.back().messages[0].parts.begin(), Part::of_media(image));
  }
  Server server(options);
  ListStream stream(requests);
  run(stream, server, "num_concurrent=7");
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(stream.response(i)->text, "shade " + std::to_string(i));
}

TEST_F(ApiRunTest, TriesAgainAfterEverySortOfPassingFailure) {
  const std::vector<Rule> passing = {{.status = 408},
                                     {.status = 409},
                                     {.status = 429},
                                     {.status = 500},
                                     {.status = 503},
                                     {.fault = Fault::cut_body},
                                     {.fault = Fault::close},
                                     {.fault = Fault::malformed},
                                     {.fault = Fault::html},
                                     {.fault = Fault::error_in_200},
                                     {.fault = Fault::no_choices}};
  for (Rule rule : passing) {
    rule.times_each = 2;
    Server server(with_rules({rule}));
    ListStream stream(text_requests(5));
    const auto metrics = run(stream, server, "max_retries=3");
    EXPECT_EQ(stream.count(Status::answered), 5u) << static_cast<int>(rule.fault) << " " << rule.status;
    EXPECT_EQ(metrics.attempts, 15) << static_cast<int>(rule.fault) << " " << rule.status;
  }
}

TEST_F(ApiRunTest, MakesMaxRetriesAttemptsInAllAndThenFailsWithTheReason) {
  Server server(with_rules({{.status = 500}}));
  ListStream stream(text_requests(4));
  run(stream, server, "max_retries=3");
  EXPECT_EQ(server.stats().requests, 12);
  ASSERT_EQ(stream.count(Status::failed), 4u);
  EXPECT_EQ(stream.response(0)->error, "HTTP 500: planted error 500 (after 3 attempts)");
}

TEST_F(ApiRunTest, SendsARequestOnceWhenMaxRetriesIsOne) {
  Server server(with_rules({{.status = 429}}));
  ListStream stream(text_requests(1));
  run(stream, server, "max_retries=1");
  EXPECT_EQ(server.stats().requests, 1);
  EXPECT_EQ(stream.response(0)->error, "HTTP 429: planted error 429");
}

TEST_F(ApiRunTest, DoesNotRepeatARequestThatIsWrong) {
  Server server(with_rules({{.status = 400, .match = "question 1\""}}));
  ListStream stream(text_requests(3));
  run(stream, server);
  EXPECT_EQ(server.stats().requests, 3);
  EXPECT_EQ(stream.count(Status::answered), 2u);
  EXPECT_EQ(stream.response(1)->status, Status::failed);
  EXPECT_EQ(stream.response(1)->error, "HTTP 400: planted error 400");
}

TEST_F(ApiRunTest, WaitsAsLongAsTheServerAsks) {
  Server server(with_rules({{.status = 429, .retry_after = "1", .times = 1}}));
  ListStream stream(text_requests(1));
  const auto start = std::chrono::steady_clock::now();
  run(stream, server);
  EXPECT_EQ(stream.count(Status::answered), 1u);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_THAT(log_.text(), HasSubstr("HTTP 429: planted error 429; attempt 2 of 5 in 1.0 s"));
}

TEST_F(ApiRunTest, TellsOfEachSortOfFailureOnceAtWarningLevel) {
  Server server(with_rules({{.status = 500, .times_each = 2}}));
  ListStream stream(text_requests(10));
  run(stream, server);
  EXPECT_EQ(log_.count("warning"), 1u) << log_.text();
  EXPECT_EQ(log_.count("HTTP 500"), 20u);
}

TEST_F(ApiRunTest, FailsWhatIsNotAnsweredInTime) {
  Server server(with_rules({{.fault = Fault::hang, .match = "question 0\""}}));
  ListStream stream(text_requests(2));
  run(stream, server, "timeout=0.2,max_retries=2");
  EXPECT_EQ(stream.response(0)->status, Status::failed);
  EXPECT_EQ(stream.response(0)->error, "no answer within 0.2 s (after 2 attempts)");
  EXPECT_EQ(stream.response(1)->status, Status::answered);
}

TEST_F(ApiRunTest, FailsACutAnswerAfterTheLastAttempt) {
  Server server(with_rules({{.fault = Fault::cut_body}}));
  ListStream stream(text_requests(1));
  run(stream, server, "max_retries=2");
  EXPECT_EQ(server.stats().requests, 2);
  EXPECT_THAT(stream.response(0)->error, HasSubstr("the answer was cut short"));
}

TEST_F(ApiRunTest, CountsAnEmptyAnswerAnsweredAndNullContentFailedWithoutAnotherAttempt) {
  Server server(with_rules({{.fault = Fault::empty, .match = "question 0\""},
                            {.fault = Fault::null_content, .match = "question 1\""},
                            {.fault = Fault::refusal, .match = "question 2\""},
                            {.fault = Fault::length, .match = "question 3\""},
                            {.fault = Fault::parts, .match = "question 4\""}}));
  ListStream stream(text_requests(5));
  run(stream, server);
  EXPECT_EQ(server.stats().requests, 5);
  EXPECT_EQ(stream.response(0)->status, Status::answered);
  EXPECT_EQ(stream.response(0)->text, "");
  EXPECT_EQ(stream.response(1)->status, Status::failed);
  EXPECT_EQ(stream.response(2)->error, "the answer has no content: refused: I cannot help with that.");
  EXPECT_EQ(stream.response(3)->finish_reason, FinishReason::length);
  EXPECT_EQ(stream.response(4)->text, "A");
}

TEST_F(ApiRunTest, MakesOnlyTheRequestWithABrokenImageUnscorable) {
  Server server({});
  auto requests = text_requests(3);
  requests[1].messages[0].parts.push_back(
      Part::of_media(MediaRef::from_bytes(MediaKind::image, png_of(1).substr(0, 40), "broken.png")));
  ListStream stream(requests);
  run(stream, server);
  EXPECT_EQ(stream.count(Status::answered), 2u);
  EXPECT_EQ(stream.response(1)->status, Status::unscorable);
  EXPECT_THAT(stream.response(1)->error, HasSubstr("broken.png"));
  EXPECT_EQ(server.stats().requests, 2);
}

/// `count` requests, one of them with a video, which is not sent in this version.
std::vector<Request> with_a_video(std::size_t count, std::size_t at) {
  auto requests = text_requests(count);
  requests[at].messages[0].parts.push_back(Part::of_media(MediaRef::from_bytes(MediaKind::video, "x", "clip.mp4")));
  return requests;
}

TEST_F(ApiRunTest, SendsNothingWhenOneOfTheFirstRequestsCouldBeAnsweredByNoServer) {
  Server server({});
  ListStream stream(with_a_video(6, 5));
  EXPECT_THAT(error_of([&] { run(stream, server, "num_concurrent=4"); }, ErrorKind::usage), HasSubstr("video"));
  EXPECT_EQ(server.stats().requests, 0);
}

TEST_F(ApiRunTest, EndsTheRunForARequestThatNoServerCouldAnswer) {
  openai_server::Options options;
  options.latency_ms = 30;
  Server server(options);
  ListStream stream(with_a_video(40, 20));
  EXPECT_THAT(error_of([&] { run(stream, server, "num_concurrent=4"); }, ErrorKind::usage), HasSubstr("video"));
  // What was in flight has been paid for.
  EXPECT_GE(server.stats().requests, 4);
  EXPECT_EQ(stream.count(Status::answered), static_cast<std::size_t>(server.stats().requests));
  EXPECT_EQ(stream.count(Status::failed), 0u);
}

TEST_F(ApiRunTest, KeepsTheAnswersInFlightWhenTheStreamThrows) {
  openai_server::Options options;
  options.latency_ms = 30;
  Server server(options);
  ListStream stream(text_requests(40));
  stream.on_complete = [](std::size_t completed) {
    if (completed >= 3) throw Error(ErrorKind::output, "the disk is full at " + std::to_string(completed));
  };
  EXPECT_EQ(error_of([&] { run(stream, server, "num_concurrent=4"); }, ErrorKind::output), "the disk is full at 3");
  EXPECT_LT(stream.pulled(), 40u);
  EXPECT_EQ(stream.count(Status::answered), static_cast<std::size_t>(server.stats().requests));
}

TEST_F(ApiRunTest, KeepsTheAnswersInFlightWhenTheFirstThreeAreTurnedDown) {
  Server server(with_rules({{.fault = Fault::slow, .delay_ms = 300, .match = "question 3\""}, {.status = 401}}));
  ListStream stream(text_requests(4));
  EXPECT_THAT(error_of([&] { run(stream, server, "num_concurrent=4"); }, ErrorKind::network), HasSubstr("HTTP 401"));
  ASSERT_TRUE(stream.response(3));
  EXPECT_EQ(stream.response(3)->status, Status::answered);
}

TEST_F(ApiRunTest, EndsTheRunWhenTheFirstThreeAreTurnedDown) {
  for (const int status : {401, 403, 404}) {
    Server server(with_rules({{.status = status}}));
    ListStream stream(text_requests(100));
    const std::string message = error_of([&] { run(stream, server, "num_concurrent=1"); }, ErrorKind::network);
    EXPECT_THAT(message, HasSubstr(server.base_url() + "/chat/completions turns every request down with HTTP " +
                                   std::to_string(status)));
    EXPECT_THAT(message, HasSubstr(status == 404 ? "check base_url" : "OPENAI_API_KEY"));
    EXPECT_EQ(stream.completed(), 2u);
  }
}

TEST_F(ApiRunTest, GoesOnWhenSomeRequestsAreTurnedDownAfterAnAnswer) {
  Server server(with_rules({{.status = 403, .after = 1}}));
  ListStream stream(text_requests(10));
  run(stream, server, "num_concurrent=1");
  EXPECT_EQ(stream.count(Status::answered), 1u);
  EXPECT_EQ(stream.count(Status::failed), 9u);
}

TEST_F(ApiRunTest, EndsTheRunWhenNoServerIsThere) {
  std::string url;
  { url = Server({}).base_url(); }
  ListStream stream(text_requests(50));
  const std::string message = error_of([&] { run(stream, url, "max_retries=2"); }, ErrorKind::network);
  EXPECT_EQ(message, "cannot reach " + url + "/chat/completions: connection refused; is the server running?");
}

TEST_F(ApiRunTest, KeepsItsAnswersAndFailsTheRestWhenTheServerGoesAway) {
  auto server = std::make_unique<Server>(openai_server::Options{});
  const std::string url = server->base_url();
  ListStream stream(text_requests(500));
  stream.on_complete = [&](std::size_t completed) {
    if (completed == 20) server.reset();
  };
  run(stream, url, "num_concurrent=4,max_retries=2");
  EXPECT_EQ(stream.completed(), 500u);
  EXPECT_GE(stream.count(Status::answered), 20u);
  EXPECT_GE(stream.count(Status::failed), 400u);
  EXPECT_THAT(stream.response(499)->error, HasSubstr("could not be reached any more (connection refused"));
  EXPECT_THAT(log_.text(), HasSubstr("the rest of the run is given up, answers so far are kept"));
}

TEST_F(ApiRunTest, FinishesWhatIsInFlightAndSendsNothingNewWhenItIsToStop) {
  openai_server::Options options;
  options.latency_ms = 20;
  Server server(options);
  ListStream stream(text_requests(1000));
  stream.on_complete = [&](std::size_t completed) {
    if (completed == 10) stream.stop();
  };
  run(stream, server, "num_concurrent=4");
  EXPECT_EQ(stream.count(Status::answered), static_cast<std::size_t>(server.stats().requests));
  EXPECT_GE(stream.count(Status::answered), 10u);
  EXPECT_LT(stream.pulled(), 1000u);
  EXPECT_EQ(stream.count(Status::failed), 0u);
}

TEST_F(ApiRunTest, FailsWhatWaitsForAnotherAttemptWhenItIsToStop) {
  Server server(with_rules({{.status = 503, .retry_after = "200", .match = "question 0\""}}));
  ListStream stream(text_requests(20));
  stream.on_complete = [&](std::size_t completed) {
    if (completed == 19) stream.stop();
  };
  run(stream, server, "num_concurrent=2");
  EXPECT_EQ(stream.count(Status::answered), 19u);
  EXPECT_EQ(stream.response(0)->status, Status::failed);
  EXPECT_EQ(stream.response(0)->error, "HTTP 503: planted error 503; stopped before another attempt");
}

TEST_F(ApiRunTest, FailsAnAttemptedRequestWhoseNextAttemptWaitsForAConnectionWhenItIsToStop) {
  auto options = with_rules({{.status = 503, .times = 1}});
  options.latency_ms = 100;
  Server server(options);
  ListStream stream(text_requests(10));
  stream.on_complete = [&](std::size_t completed) {
    if (completed == 1) stream.stop();
  };
  run(stream, server, "num_concurrent=1");
  ASSERT_EQ(stream.count(Status::failed), 1u);
  for (std::size_t i = 0; i < 10; ++i) {
    if (!stream.response(i) || stream.response(i)->status == Status::answered) continue;
    EXPECT_EQ(stream.response(i)->error, "HTTP 503: planted error 503; stopped before another attempt");
  }
}

TEST_F(ApiRunTest, EndsAtOnceWhenTheServerSpeaksAnotherProtocol) {
  Server server({});
  ListStream stream(text_requests(50));
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/v1";
  const std::string message = error_of([&] { run(stream, url); }, ErrorKind::network);
  EXPECT_THAT(message, HasSubstr("cannot reach " + url));
  EXPECT_THAT(message, HasSubstr("http or https?"));
  EXPECT_EQ(log_.count("attempt 2"), 0u) << log_.text();
}

TEST_F(ApiRunTest, ShowsNoKeyInErrorsAndLogs) {
  openai_server::Options options;
  options.api_key = "the-right-key";
  Server server(options);
  const std::string secret = "sk-wrong-and-secret";
  const std::string url = "http://me:passw0rd@127.0.0.1:" + std::to_string(server.port()) + "/v1?key=querysecret";
  ListStream stream(text_requests(5));
  const std::string message = error_of([&] { run(stream, url, "api_key=" + secret); }, ErrorKind::network);
  EXPECT_THAT(message, HasSubstr("HTTP 401"));
  EXPECT_THAT(server.stats().last_headers().at("authorization"),
              HasSubstr(secret));  // the server got it, and repeated it
  for (const std::string& hidden : {secret, std::string("passw0rd"), std::string("querysecret")}) {
    EXPECT_THAT(message, Not(HasSubstr(hidden)));
    EXPECT_THAT(log_.text(), Not(HasSubstr(hidden)));
    for (std::size_t i = 0; i < 5; ++i)
      EXPECT_THAT(stream.response(i).value_or(Response()).error, Not(HasSubstr(hidden)));
  }
}

}  // namespace
}  // namespace lmms_eval::http
