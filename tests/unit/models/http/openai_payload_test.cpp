#include "models/http/openai_payload.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "unit/models/http/http_test_support.h"

namespace lmms_eval::http {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

OpenAIOptions options_for(const std::string& name = "async_openai", const std::string& model = "m") {
  OpenAIOptions options;
  options.registered_name = name;
  options.sends_sampling = name == "openai";
  options.model = model;
  return options;
}

json body_of(const Request& request, const OpenAIOptions& options = options_for()) {
  return json::parse(chat_body(request, options));
}

/// What the reference program sends for an image and a question (F.2): the same JSON.
TEST(ChatBody, IsWhatTheReferenceProgramSends) {
  const std::string png = png_of(10);
  Request request;
  request.messages = {
      {Role::user,
       {Part::of_media(MediaRef::from_bytes(MediaKind::image, png, "a.png")), Part::of_text("Which digit?")}}};
  request.options.max_new_tokens = 16;
  const json expected = {
      {"model", "m"},
      {"messages",
       {{{"role", "user"},
         {"content",
          {{{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64," + base64_encode(png)}}}},
           {{"type", "text"}, {"text", "Which digit?"}}}}}}},
      {"max_tokens", 16},
      {"temperature", 0}};
  EXPECT_EQ(body_of(request), expected);
  EXPECT_EQ(body_of(request, options_for("openai")), expected);
}

TEST(ChatBody, KeepsRolesAndTheOrderOfParts) {
  const auto image = [](std::uint8_t shade) {
    return Part::of_media(MediaRef::from_bytes(MediaKind::image, png_of(shade), ""));
  };
  Request request;
  request.messages = {{Role::system, {Part::of_text("brief")}},
                      {Role::user, {Part::of_text("one"), image(1), Part::of_text("two"), image(2)}},
                      {Role::assistant, {Part::of_text("yes")}},
                      {Role::user, {Part::of_text("and \"now\"\n?")}}};
  const json messages = body_of(request)["messages"];
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[0], json({{"role", "system"}, {"content", {{{"type", "text"}, {"text", "brief"}}}}}));
  EXPECT_EQ(messages[1]["content"][0]["text"], "one");
  EXPECT_EQ(messages[1]["content"][1]["image_url"]["url"], "data:image/png;base64," + base64_encode(png_of(1)));
  EXPECT_EQ(messages[1]["content"][2]["text"], "two");
  EXPECT_EQ(messages[1]["content"][3]["image_url"]["url"], "data:image/png;base64," + base64_encode(png_of(2)));
  EXPECT_EQ(messages[2]["role"], "assistant");
  EXPECT_EQ(messages[3]["content"][0]["text"], "and \"now\"\n?");
}

TEST(ChatBody, UsesTheDefaultLengthWhenTheTaskSetsNone) {
  auto options = options_for();
  EXPECT_EQ(body_of(text_request("q"), options)["max_tokens"], 1024);
  options.default_max_new_tokens = 77;
  EXPECT_EQ(body_of(text_request("q"), options)["max_tokens"], 77);
}

TEST(ChatBody, SendsSamplingOptionsForOpenAIAlone) {
  GenerationOptions generation;
  generation.temperature = 0.5;
  generation.top_p = 0.9;
  generation.seed = 3;
  generation.extra_json = R"({"presence_penalty": 0.25, "frequency_penalty": 0.5})";
  const auto request = text_request("q", generation);
  const json sent = body_of(request, options_for("openai"));
  EXPECT_EQ(sent["temperature"], 0.5);
  EXPECT_EQ(sent["top_p"], 0.9);
  EXPECT_EQ(sent["seed"], 3);
  EXPECT_EQ(sent["presence_penalty"], 0.25);
  EXPECT_EQ(sent["frequency_penalty"], 0.5);
  EXPECT_THAT(unsent_options(generation, options_for("openai")), IsEmpty());

  const json plain = body_of(request);
  EXPECT_EQ(plain["temperature"], 0.5);
  for (const char* name : {"top_p", "seed", "presence_penalty", "frequency_penalty"})
    EXPECT_FALSE(plain.contains(name)) << name;
  EXPECT_THAT(unsent_options(generation, options_for()),
              ElementsAre("top_p=0.9", "seed=3", "presence_penalty=0.25", "frequency_penalty=0.5"));
}

TEST(ChatBody, AsksReasoningModelsForCompletionTokensWithoutATemperature) {
  GenerationOptions generation;
  generation.max_new_tokens = 50;
  generation.top_p = 0.9;
  generation.temperature = 0.5;
  for (const std::string name : {"openai", "async_openai"}) {
    const auto options = options_for(name, "openai/gpt-5-mini");
    const json sent = body_of(text_request("q", generation), options);
    EXPECT_EQ(sent["max_completion_tokens"], 50);
    EXPECT_EQ(sent["response_format"], json({{"type", "text"}}));
    for (const char* absent : {"max_tokens", "temperature", "top_p"}) EXPECT_FALSE(sent.contains(absent)) << absent;
    EXPECT_THAT(unsent_options(generation, options), ElementsAre("temperature=0.5", "top_p=0.9"));
  }
}

TEST(ChatBody, SendsStopStringsOnlyWhenAskedTo) {
  GenerationOptions generation;
  generation.until = {"\n\n", "Q:"};
  auto options = options_for();
  EXPECT_FALSE(body_of(text_request("q", generation), options).contains("stop"));
  options.send_stop = true;
  EXPECT_EQ(body_of(text_request("q", generation), options)["stop"], json({"\n\n", "Q:"}));
}

TEST(ChatBody, NamesEveryOptionThatItDoesNotSend) {
  GenerationOptions generation;
  generation.do_sample = true;
  generation.top_k = 40;
  generation.num_beams = 4;
  generation.repetition_penalty = 1.5;
  generation.extra_json = R"({"min_p": 0.1, "length_penalty": null})";
  EXPECT_THAT(unsent_options(generation, options_for("openai")),
              ElementsAre("do_sample=true (temperature decides)", "top_k=40", "num_beams=4", "repetition_penalty=1.5",
                          "min_p=0.1"));
}

TEST(ChatBody, IsSilentAboutOptionsAtTheirNeutralValues) {
  GenerationOptions generation;
  generation.do_sample = false;
  generation.temperature = 0.0;
  generation.top_p = 1.0;
  generation.num_beams = 1;
  generation.repetition_penalty = 1.0;
  generation.extra_json = R"({"n": 1, "presence_penalty": 0})";
  EXPECT_THAT(unsent_options(generation, options_for()), IsEmpty());
}

TEST(ChatBody, RefusesSeveralAnswersPerRequest) {
  GenerationOptions generation;
  generation.extra_json = R"({"n": 3})";
  EXPECT_THAT(error_of([&] { chat_body(text_request("q", generation), options_for()); }, ErrorKind::usage),
              HasSubstr("n=3"));
}

TEST(ChatBody, RefusesVideoNamingTaskAndModel) {
  Request request = text_request("q");
  request.messages[0].parts.push_back(Part::of_media(MediaRef::from_bytes(MediaKind::video, "x", "clip.mp4")));
  const std::string message = error_of([&] { chat_body(request, options_for()); }, ErrorKind::usage);
  EXPECT_THAT(message, HasSubstr("task quiz has video"));
  EXPECT_THAT(message, HasSubstr("--model async_openai"));
}

TEST(ChatBody, SendsAudioAsItIs) {
  const std::string wav("RIFF\x24\x08\0\0WAVEfmt ", 16);
  Request request = text_request("q");
  request.messages[0].parts.push_back(Part::of_media(MediaRef::from_bytes(MediaKind::audio, wav, "a")));
  EXPECT_EQ(body_of(request)["messages"][0]["content"][1],
            json({{"type", "input_audio"}, {"input_audio", {{"data", base64_encode(wav)}, {"format", "wav"}}}}));
}

TEST(ChatBody, ReplacesTheFirstSystemMessageOrPutsOneInFront) {
  auto options = options_for();
  options.system_prompt = "new";
  Request request = text_request("q");
  json messages = body_of(request, options)["messages"];
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0]["role"], "system");
  EXPECT_EQ(messages[0]["content"][0]["text"], "new");
  request.messages.insert(request.messages.begin(), Message{Role::system, {Part::of_text("old")}});
  messages = body_of(request, options)["messages"];
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0]["content"][0]["text"], "new");
}

TEST(ChatBody, CanTurnThinkingOff) {
  auto options = options_for();
  options.enable_thinking = false;
  EXPECT_EQ(body_of(text_request("q"), options)["chat_template_kwargs"], json({{"enable_thinking", false}}));
}

TEST(ChatBody, ReplacesStrayBytesInTexts) {
  EXPECT_EQ(body_of(text_request("a\xFF z"))["messages"][0]["content"][0]["text"], "a\xEF\xBF\xBD z");
}

ApiReply read(const std::string& body, const std::string& type = "application/json") {
  HttpOutcome outcome;
  outcome.status = 200;
  outcome.body = body;
  outcome.content_type = type;
  return read_chat_completion(outcome);
}

std::string completion(const std::string& message, const std::string& finish_reason = "stop") {
  return R"({"choices": [{"message": )" + message + R"(, "finish_reason": ")" + finish_reason +
         R"("}], "usage": {"prompt_tokens": 11, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 2}}})";
}

TEST(ReadChatCompletion, TakesTextReasonAndTokens) {
  const auto reply = read(completion(R"({"content": "seven"})"));
  EXPECT_EQ(reply.retry_reason, "");
  EXPECT_EQ(reply.response.status, Status::answered);
  EXPECT_EQ(reply.response.text, "seven");
  EXPECT_EQ(reply.response.finish_reason, FinishReason::stop);
  EXPECT_EQ(reply.response.tokens.input, 11);
  EXPECT_EQ(reply.response.tokens.output, 5);
  EXPECT_EQ(reply.response.tokens.reasoning, 2);
}

TEST(ReadChatCompletion, TellsWhyTheAnswerEnded) {
  EXPECT_EQ(read(completion(R"({"content": "a"})", "length")).response.finish_reason, FinishReason::length);
  EXPECT_EQ(read(completion(R"({"content": "a"})", "content_filter")).response.finish_reason, FinishReason::other);
}

TEST(ReadChatCompletion, TakesAnEmptyTextForAnAnswerAndNullForAFailure) {
  const auto empty = read(completion(R"({"content": ""})")).response;
  EXPECT_EQ(empty.status, Status::answered);
  EXPECT_EQ(empty.text, "");
  const auto null = read(completion(R"({"content": null})")).response;
  EXPECT_EQ(null.status, Status::failed);
  EXPECT_EQ(null.error, "the answer has no content (finish_reason stop)");
  EXPECT_EQ(read(completion(R"({"content": null, "refusal": "I may\nnot"})")).response.error,
            "the answer has no content: refused: I may not");
  EXPECT_THAT(read(completion(R"({"content": null})", "length")).response.error, HasSubstr("max_new_tokens was spent"));
}

TEST(ReadChatCompletion, JoinsAListOfParts) {
  EXPECT_EQ(read(completion(R"({"content": [{"type": "text", "text": "se"}, {"type": "text", "text": "ven"}]})"))
                .response.text,
            "seven");
}

TEST(ReadChatCompletion, AsksAgainForWhatIsNoCompletion) {
  EXPECT_EQ(read("{\"choices\": [").retry_reason, "the answer is malformed JSON");
  EXPECT_EQ(read("").retry_reason, "the answer has no body");
  EXPECT_EQ(read("<html></html>", "text/html; charset=utf-8").retry_reason,
            "the server sent a web page, not JSON; check base_url");
  EXPECT_EQ(read(R"({"choices": []})").retry_reason, "the answer has no choices");
  EXPECT_EQ(read(R"({"error": {"message": "overloaded"}})").retry_reason, "HTTP 200: overloaded");
  EXPECT_EQ(read(R"({"choices": [3]})").retry_reason, "the answer has no message");
  EXPECT_EQ(read(completion(R"({"content": 7})")).retry_reason,
            "the content of the answer is neither text nor a list of parts");
}

TEST(ReadChatCompletion, DoesWithoutUsage) {
  const auto odd = read(R"({"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": -3,
                          "completion_tokens": 1e300}})");
  EXPECT_FALSE(odd.response.tokens.input);
  EXPECT_FALSE(odd.response.tokens.output);
  EXPECT_EQ(read(R"({"choices": [{"message": {"content": "a\ud83d"}}]})").response.text, "a\uFFFD");
  const auto tokens = read(R"({"choices": [{"message": {"content": "a"}}], "usage": null})").response.tokens;
  EXPECT_FALSE(tokens.input);
  EXPECT_FALSE(tokens.output);
  EXPECT_FALSE(tokens.reasoning);
}

TEST(ShownPrompt, NamesMediaInTheirPlacesAndNeverTheirBytes) {
  const Part image = Part::of_media(MediaRef::from_bytes(MediaKind::image, png_of(1), "images/7.png"));
  EXPECT_EQ(shown_prompt({{Role::user, {image, Part::of_text("Which digit?")}}}), "<image images/7.png>\nWhich digit?");
  EXPECT_EQ(shown_prompt({{Role::user, {Part::of_text("plain")}}}), "plain");
  EXPECT_EQ(shown_prompt({{Role::system, {Part::of_text("brief")}}, {Role::user, {image, Part::of_text("Which?")}}}),
            "system: brief\nuser: <image images/7.png>\nWhich?");
}

}  // namespace
}  // namespace lmms_eval::http
