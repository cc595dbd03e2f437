#include "models/local/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

using lmms_eval::testing::TempDir;
using nlohmann::json;
using ::testing::HasSubstr;

Part image() { return Part::of_media(MediaRef::from_bytes(MediaKind::image, "", "image")); }
Message says(Role role, std::string text) { return {role, {Part::of_text(std::move(text))}}; }

const char* const kParts =
    "{% for m in messages %}[{{ m.role }}]{% for c in m.content %}{% if c.type == 'image' %}<image>{% else %}{{ c.text "
    "}}"
    "{% endif %}{% endfor %}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
const char* const kText = "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}{% endfor %}";

std::string error_of(const std::function<void()>& body, ErrorKind kind) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return {};
}

TEST(ChatTemplate, GivesPartsInTheOrderOfTheMessage) {
  const auto chat = ChatTemplate::from_text(kParts, "here");
  const std::vector<Message> messages = {
      says(Role::system, "S"), {Role::user, {Part::of_text("one "), image(), Part::of_text(" two "), image()}}};
  EXPECT_EQ(chat.render(messages, true), "[system]S[user]one <image> two <image>[assistant]");
  EXPECT_EQ(chat.render(messages, false), "[system]S[user]one <image> two <image>");
  EXPECT_EQ(chat.text(), kParts);
}

TEST(ChatTemplate, GivesTextToATemplateThatNeverLooksAtParts) {
  const auto chat = ChatTemplate::from_text(kText, "here");
  EXPECT_EQ(chat.render(std::vector<Message>{{Role::user, {Part::of_text(" a"), Part::of_text("b ")}}}, false),
            "[user]ab");
  EXPECT_THAT(error_of(
                  [&] {
                    chat.render(std::vector<Message>{{Role::user, {image()}}}, false);
                  },
                  ErrorKind::model),
              HasSubstr("here: this chat template takes the user's content as text and has no place for image parts"));
}

TEST(ChatTemplate, FindsOutTheFormForEachRole) {
  // Only the parts of users are looked at; other contents are added to a text, which a list refuses.
  const auto chat = ChatTemplate::from_text(
      "{% for m in messages %}{% if m.role == 'user' %}{% for c in m.content %}{{ c.text or c.type }}{% endfor %}{% "
      "else %}"
      "{{ '<' + m.content + '>' }}{% endif %}{% endfor %}",
      "here");
  const std::vector<Message> messages = {
      says(Role::system, "S"), {Role::user, {image(), Part::of_text("U")}}, says(Role::assistant, "A")};
  EXPECT_EQ(chat.render(messages, false), "<S>imageU<A>");
}

TEST(ChatTemplate, KeepsPartsForATemplateThatPrintsThemByTypeAndForOneThatTakesBoth) {
  const auto chat = ChatTemplate::from_text(
      "{% for m in messages %}{% if m.content is string %}text:{{ m.content }}{% else %}{% for c in m.content %}{{ "
      "c.text }}"
      "{% endfor %}{% endif %}{% endfor %}",
      "here");
  EXPECT_EQ(chat.render(std::vector<Message>{says(Role::user, "U")}, false), "U");
}

TEST(ChatTemplate, ShowsSpecialTokensOfTheFolder) {
  TempDir folder;
  folder.write(
      "tokenizer_config.json",
      json({{"bos_token", "<s>"},
            {"eos_token", {{"content", "</s>"}}},
            {"pad_token", nullptr},
            {"image_token", "<img>"},
            {"chat_template",
             "{{ bos_token }}{{ messages[0].content[0].text }}{{ eos_token }}{{ pad_token }}{{ image_token }}"}})
          .dump());
  const auto chat = ChatTemplate::load(folder.path());
  ASSERT_TRUE(chat.has_value());
  EXPECT_EQ(chat->render(std::vector<Message>{says(Role::user, "x")}, false), "<s>x</s><img>");
}

TEST(ChatTemplate, FromOutsideTheFolderShowsTheFoldersSpecialTokens) {
  TempDir folder;
  folder.write("tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>"})");
  const auto text = "{{ bos_token }}{{ messages[0].content[0].text }}{{ eos_token }}";
  const auto chat = ChatTemplate::from_text(text, "here", folder.path());
  EXPECT_EQ(chat.render(std::vector<Message>{says(Role::user, "x")}, false), "<s>x</s>");
}

TEST(ChatTemplate, IsLookedForInOrder) {
  TempDir folder;
  EXPECT_FALSE(ChatTemplate::load(folder.path()).has_value());
  const auto found = [&] { return ChatTemplate::load(folder.path())->text(); };
  folder.write("tokenizer_config.json", R"({"chat_template": "config"})");
  EXPECT_EQ(found(), "config");
  folder.write("chat_template.jinja", "jinja");
  EXPECT_EQ(found(), "jinja");
  folder.write("chat_template.json", R"({"chat_template": "json"})");
  EXPECT_EQ(found(), "json");
  folder.write("processor_config.json", R"({"chat_template": "processor"})");
  EXPECT_EQ(found(), "processor");
}

TEST(ChatTemplate, IsChosenByName) {
  TempDir folder;
  folder.write("tokenizer_config.json",
               R"({"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}]})");
  folder.write("additional_chat_templates/rag.jinja", "R");
  EXPECT_EQ(ChatTemplate::load(folder.path())->text(), "D");
  EXPECT_EQ(ChatTemplate::load(folder.path(), "tool_use")->text(), "T");
  EXPECT_EQ(ChatTemplate::load(folder.path(), "rag")->text(), "R");
  EXPECT_THAT(error_of([&] { ChatTemplate::load(folder.path(), "tool_uze"); }, ErrorKind::usage),
              HasSubstr("has the chat templates rag, default, tool_use; did you mean 'tool_use'"));
}

TEST(ChatTemplate, RefusesANameWhereThereIsNone) {
  const TempDir folder;
  EXPECT_FALSE(ChatTemplate::load(folder.path()));
  EXPECT_THAT(error_of([&] { ChatTemplate::load(folder.path(), "rag"); }, ErrorKind::usage),
              HasSubstr("has no chat templates; give the flag without a name"));
}

TEST(ChatTemplate, HasNoDefaultAmongSeveralNamedOnes) {
  TempDir folder;
  folder.write("tokenizer_config.json",
               R"({"chat_template": [{"name": "a", "template": "A"}, {"name": "b", "template": "B"}]})");
  EXPECT_THAT(error_of([&] { ChatTemplate::load(folder.path()); }, ErrorKind::usage),
              HasSubstr("several chat templates (a, b)"));
  folder.write("tokenizer_config.json", R"({"chat_template": "one"})");
  EXPECT_THAT(error_of([&] { ChatTemplate::load(folder.path(), "a"); }, ErrorKind::usage),
              HasSubstr("only one chat template"));
}

TEST(ChatTemplate, NamesTheFileAndPlaceOfAMistake) {
  TempDir folder;
  folder.write("chat_template.jinja",
               "line one\n{% for m in messages %}\n{{ m.content | no_such_filter }}{% endfor %}");
  EXPECT_THAT(error_of([&] { ChatTemplate::load(folder.path()); }, ErrorKind::config),
              HasSubstr((folder / "chat_template.jinja").string() + ":3:"));
  folder.write("chat_template.jinja", "ok");
  folder.write("chat_template.json", "{");
  EXPECT_THAT(error_of([&] { ChatTemplate::load(folder.path()); }, ErrorKind::model),
              HasSubstr("chat_template.json: malformed JSON"));
}

TEST(ChatTemplate, PassesOnWhatTheTemplateRaises) {
  const auto chat = ChatTemplate::from_text(
      "{% if messages[0].role != 'user' %}{{ raise_exception('users come first') }}{% endif %}{{ messages[0].content "
      "}}",
      "here");
  EXPECT_EQ(chat.render(std::vector<Message>{says(Role::user, "x")}, false), "x");
  EXPECT_THAT(
      error_of([&] { chat.render(std::vector<Message>{says(Role::assistant, "x")}, false); }, ErrorKind::config),
      ::testing::AllOf(HasSubstr("users come first"), HasSubstr("while rendering the chat template here")));
}

}  // namespace
}  // namespace lmms_eval::local
