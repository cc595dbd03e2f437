#include "models/local/torch/prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "unit/models/local/tokenizer_fixture.h"
#include "unit/models/local/torch/fake_family.h"

namespace lmms_eval::local {
namespace {

using testing::FakeFamily;
using ::testing::HasSubstr;
using testing::picture;

const char* const kKeeps =
    "{% for m in messages %}[{{ m.role }}]{% for c in m.content %}{% if c.type == 'image' %}<image>{% else %}{{ c.text "
    "}}{% endif %}{% endfor %}</s>\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
const char* const kTrims =
    "{% for m in messages %}[{{ m.role }}] {{ m.content | trim }}</s>{% endfor %}{% if add_generation_prompt "
    "%}[assistant]{% endif %}";

Message says(Role role, std::string text) { return {role, {Part::of_text(std::move(text))}}; }

Request request(std::vector<Message> messages) {
  Request made;
  made.messages = std::move(messages);
  return made;
}

Request likelihood(std::vector<Message> messages, std::string continuation) {
  auto made = request(std::move(messages));
  made.type = RequestType::loglikelihood;
  made.continuation = std::move(continuation);
  return made;
}

class PromptBuilderTest : public ::testing::Test {
 protected:
  /// Every byte a token, <image> 256, <bos> 257.
  static Tokenizer load_tokenizer(const lmms_eval::testing::TempDir& folder, bool bos) {
    auto tokenizer = testing::byte_level_tokenizer({});
    tokenizer["added_tokens"] = {testing::added_token(256, "<image>"), testing::added_token(257, "<bos>")};
    folder.write("tokenizer_config.json", bos ? R"({"bos_token": "<bos>"})" : "{}");
    return testing::load(folder, tokenizer);
  }

  PromptBuilder builder(const char* text, std::string system_prompt = "", std::int64_t max_length = 1000) {
    template_ = std::make_unique<ChatTemplate>(ChatTemplate::from_text(text, "here"));
    return {family_, tokenizer_, *template_, images_, std::move(system_prompt), max_length};
  }

  std::string error_of(const PromptBuilder& prompts, const Request& asked) {
    try {
      prompts.build(asked);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::data);
      return error.message();
    }
    return "no error";
  }

  const lmms_eval::testing::TempDir folder_;
  const FakeFamily family_;
  Tokenizer tokenizer_ = load_tokenizer(folder_, true);
  ImageStore images_{family_, 4};
  std::unique_ptr<ChatTemplate> template_;
};

TEST_F(PromptBuilderTest, ContinuesABegunAnswerWhereItEnds) {
  const auto prompts = builder(kKeeps);
  const auto text = [&](const std::string& begun) {
    return prompts.text(request({says(Role::user, "The answer is </s>?"), says(Role::assistant, begun)}));
  };
  EXPECT_EQ(text("The answer is"), "[user]The answer is </s>?</s>\n[assistant]The answer is");
  EXPECT_EQ(text(" The answer is: "), "[user]The answer is </s>?</s>\n[assistant] The answer is: ") << "white space";
  EXPECT_EQ(text("</s>"), "[user]The answer is </s>?</s>\n[assistant]</s>") << "found again in what closes the turn";
  EXPECT_EQ(text("s"), "[user]The answer is </s>?</s>\n[assistant]s");
}

TEST_F(PromptBuilderTest, StripsABegunAnswerIfTheTemplateDoes) {
  const auto prompts = builder(kTrims);
  EXPECT_EQ(prompts.text(request({says(Role::user, "Q"), says(Role::assistant, " A: ")})),
            "[user] Q</s>[assistant] A:");
}

TEST_F(PromptBuilderTest, RefusesABegunAnswerThatTheTemplateDoesNotShow) {
  const auto hides = builder("{% for m in messages if m.role == 'user' %}{{ m.content[0].text }}{% endfor %}");
  EXPECT_THAT(error_of(hides, request({says(Role::user, "Q"), says(Role::assistant, "A")})),
              HasSubstr("does not show the begun answer 'A'"));
  const auto changes = builder(
      "{% for m in messages %}{% if m.role == 'user' %}{{ m.content[0].text }}{% else %}{{ m.content[0].text | "
      "replace('A', 'B') }}{% endif %}{% endfor %}");
  EXPECT_THAT(error_of(changes, request({says(Role::user, "Q"), says(Role::assistant, "xAx")})),
              HasSubstr("does not show the begun answer 'xAx'"));
  EXPECT_THAT(
      error_of(builder(kKeeps), request({says(Role::user, "Q"), {Role::assistant, {Part::of_media(picture(1))}}})),
      HasSubstr("no text to continue"));
}

TEST_F(PromptBuilderTest, PutsTheSystemPromptBeforeConversationsWithoutOne) {
  const auto prompts = builder(kKeeps, "Be brief.");
  EXPECT_EQ(prompts.text(request({says(Role::user, "Q")})), "[system]Be brief.</s>\n[user]Q</s>\n[assistant]");
  EXPECT_EQ(prompts.text(request({says(Role::system, "Own."), says(Role::user, "Q")})),
            "[system]Own.</s>\n[user]Q</s>\n[assistant]");
}

TEST_F(PromptBuilderTest, GivesPicturesTheirPlaces) {
  const auto prompt = builder(kKeeps).build(
      request({{Role::user, {Part::of_media(picture(3)), Part::of_text("ab"), Part::of_media(picture(2))}}}));
  ASSERT_EQ(prompt.pictures.size(), 2u);
  EXPECT_EQ(prompt.pictures[0].offset, 6);
  EXPECT_EQ(prompt.pictures[1].offset, 11);
  EXPECT_EQ(std::count(prompt.ids.begin(), prompt.ids.end(), 256), 5);
  EXPECT_EQ(prompt.context_length, prompt.ids.size());
  EXPECT_EQ(prompt.pictures[0].image->processed.tiles, 1) << "several pictures are one tile each";
}

TEST_F(PromptBuilderTest, RefusesTheImageTokenInText) {
  EXPECT_THAT(error_of(builder(kKeeps), request({says(Role::user, "what is <image>?")})),
              HasSubstr("1 <image> places for 0 images"));
}

TEST_F(PromptBuilderTest, RefusesPromptsThatAreTooLong) {
  const auto asked = request({says(Role::user, "0123456789")});  // 32 with its template
  EXPECT_EQ(builder(kKeeps, "", 32).build(asked).ids.size(), 32u);
  EXPECT_THAT(error_of(builder(kKeeps, "", 31), asked), HasSubstr("32 tokens, the model takes at most 31"));
}

TEST_F(PromptBuilderTest, SplitsContextAndContinuation) {
  const auto prompt = builder("{{ messages[0].content[0].text }}").build(likelihood({says(Role::user, "ab \n")}, "cd"));
  EXPECT_EQ(prompt.ids.size(), 6u);
  EXPECT_EQ(prompt.context_length, 2u) << "white space that ends the context belongs to the continuation";
}

TEST_F(PromptBuilderTest, BeginsAnEmptyContextWithBos) {
  const auto prompt = builder("{{ messages[0].content[0].text }}").build(likelihood({says(Role::user, "")}, "cd"));
  EXPECT_EQ(prompt.ids.size(), 3u);
  EXPECT_EQ(prompt.ids[0], 257);
  EXPECT_EQ(prompt.context_length, 1u);
  EXPECT_THAT(error_of(builder("{{ messages[0].content[0].text }}"), likelihood({says(Role::user, "x")}, "")),
              HasSubstr("no tokens of its own"));
  tokenizer_ = load_tokenizer(folder_, false);
  EXPECT_THAT(error_of(builder("{{ messages[0].content[0].text }}"), likelihood({says(Role::user, "")}, "cd")),
              HasSubstr("needs a BOS or EOS token"));
}

TEST_F(PromptBuilderTest, TakesImagesOnly) {
  const auto video = MediaRef::from_bytes(MediaKind::video, "", "clip.mp4");
  EXPECT_THAT(error_of(builder(kKeeps), request({{Role::user, {Part::of_media(video)}}})), HasSubstr("clip.mp4"));
}

}  // namespace
}  // namespace lmms_eval::local
