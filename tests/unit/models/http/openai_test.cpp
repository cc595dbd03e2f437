#include "models/http/openai.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "support/openai_server/server.h"
#include "unit/models/http/http_test_support.h"

namespace lmms_eval::http {
namespace {

using openai_server::Server;
using ::testing::HasSubstr;
using ::testing::Not;

class AsyncOpenAITest : public ::testing::Test {
 protected:
  static std::unique_ptr<LM> model(const std::string& args, const std::string& name = "async_openai") {
    ModelOptions options;
    options.args = args;
    return create_model(name, options);
  }

  ScopedEnv environment_ = clean_environment();
  CapturedLog log_;
};

TEST_F(AsyncOpenAITest, IsFoundUnderAllItsNames) {
  for (const char* name : {"async_openai", "async_openai_compatible", "async_openai_compatible_chat"})
    EXPECT_EQ(model("base_url=http://h/v1", name)->info().name, "async_openai");
  for (const char* name : {"openai", "openai_compatible", "openai_compatible_chat"})
    EXPECT_EQ(model("base_url=http://h/v1", name)->info().name, "openai");
}

TEST_F(AsyncOpenAITest, GivesNoLogLikelihoods) {
  const auto api = model("base_url=http://h/v1");
  EXPECT_TRUE(api->supports(RequestType::generate_until));
  EXPECT_FALSE(api->supports(RequestType::loglikelihood));
  EXPECT_FALSE(api->supports(RequestType::loglikelihood_rolling));
}

TEST_F(AsyncOpenAITest, NeverTakesAShortTimeoutForNone) {
  ModelOptions options;
  options.args = "base_url=http://h/v1,timeout=0.0004";
  const OpenAIProtocol protocol(OpenAIOptions::parse("async_openai", options));
  EXPECT_EQ(protocol.write(text_request("?")).timeout, std::chrono::milliseconds(1));
}

TEST_F(AsyncOpenAITest, SendsTheImageAndTheKey) {
  openai_server::Options options;
  options.api_key = "sk-abcdef";
  options.record_bodies = true;
  Server server(options);
  const std::string png = png_of(5);
  Request request = text_request("Which digit?");
  request.messages[0].parts.insert(request.messages[0].parts.begin(),
                                   Part::of_media(MediaRef::from_bytes(MediaKind::image, png, "")));
  const auto responses =
      model("base_url=" + server.base_url() + ",api_key=sk-abcdef,model=m")->generate_until({&request, 1});
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].text, "A");
  ASSERT_EQ(server.bodies().size(), 1u);
  const std::string url = nlohmann::json::parse(server.bodies()[0])["messages"][0]["content"][0]["image_url"]["url"];
  EXPECT_EQ(base64_decode(url.substr(url.find(',') + 1)), png);
  EXPECT_EQ(server.stats().last_target, "/v1/chat/completions");
  EXPECT_EQ(server.stats().last_headers().at("content-type"), "application/json");
}

TEST_F(AsyncOpenAITest, SendsNoAuthorizationWithoutAKey) {
  Server server({});
  const Request request = text_request("q");
  model("base_url=" + server.base_url())->generate_until({&request, 1});
  EXPECT_EQ(server.stats().last_headers().count("authorization"), 0u);
}

TEST_F(AsyncOpenAITest, KeepsResponsesInTheOrderOfRequests) {
  std::vector<Request> requests = text_requests(40);
  openai_server::Options options;
  options.rules = {{.fault = openai_server::Fault::empty, .match = "question 7\""},
                   {.status = 500, .times_each = 1, .every = 3}};
  Server server(options);
  const auto responses = model("base_url=" + server.base_url() + ",retry_backoff_s=0")->generate_until(requests);
  ASSERT_EQ(responses.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(responses[i].text, i == 7 ? "" : "A") << i;
}

TEST_F(AsyncOpenAITest, IsTheSameModelForTheCacheOnlyWhereAnswersMustBeTheSame) {
  const std::string base = "base_url=http://h/v1,model=m";
  const auto identity = [](const std::string& args) { return model(args)->info().identity; };
  EXPECT_EQ(identity(base), identity(base + ",num_concurrent=3,timeout=5,max_retries=9,api_key=sk-abcdef"));
  for (const char* other : {",model_version=x,model=n", ",send_stop=True", ",system_prompt=brief", ",max_new_tokens=5",
                            ",enable_thinking_kwarg=True"})
    EXPECT_NE(identity(base), identity(base + other)) << other;
  EXPECT_NE(identity(base), identity("base_url=http://other/v1,model=m"));
  EXPECT_NE(identity(base), model(base, "openai")->info().identity);
  const ScopedEnv env{{"LMMS_IMAGE_ENCODE_FORMAT", "JPEG"}};
  EXPECT_NE(identity(base)["image_encoding"], "png");
}

TEST_F(AsyncOpenAITest, HasNoSecretInItsIdentity) {
  const auto info = model("base_url=http://me:passw0rd@h/v1?key=querysecret,model=m,api_key=sk-abcdef")->info();
  for (const auto& [name, value] : info.identity)
    for (const char* secret : {"passw0rd", "querysecret", "sk-abcdef"})
      EXPECT_THAT(value, Not(HasSubstr(secret))) << name;
  EXPECT_EQ(info.identity.at("base_url"), "http://h/v1?key=[REDACTED]");
  EXPECT_EQ(info.device, "api");
}

TEST_F(AsyncOpenAITest, ReportsRequestsAndLatencyAfterARun) {
  Server server({});
  const auto requests = text_requests(6);
  const auto api = model("base_url=" + server.base_url());
  EXPECT_TRUE(api->info().metrics.empty());
  api->generate_until(requests);
  const auto metrics = api->info().metrics;
  EXPECT_EQ(metrics.at("total_requests"), 6);
  EXPECT_EQ(metrics.at("total_gen_tokens"), 6);
  EXPECT_DOUBLE_EQ(metrics.at("avg_latency"), metrics.at("total_elapsed_time") / 6);
}

TEST_F(AsyncOpenAITest, ShowsThePromptAsItIsSent) {
  const Request request = text_request("Which?");
  EXPECT_EQ(model("base_url=http://h/v1")->prompt_text(request), "Which?");
  EXPECT_EQ(model("base_url=http://h/v1,system_prompt=brief")->prompt_text(request), "system: brief\nuser: Which?");
}

TEST_F(AsyncOpenAITest, TellsOnceOfEachOptionThatItDoesNotSend) {
  Server server({});
  GenerationOptions generation;
  generation.num_beams = 4;
  generation.until = {"\n\n"};
  std::vector<Request> requests(10, text_request("q", generation));
  model("base_url=" + server.base_url())->generate_until(requests);
  EXPECT_EQ(log_.count("does not send the generation option num_beams=4"), 1u) << log_.text();
  EXPECT_EQ(log_.count("does not send stop strings"), 1u);
}

}  // namespace
}  // namespace lmms_eval::http
