#include "models/local/chat_template.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/errors.h"
#include "models/local/chat_template_files.h"
#include "models/local/tokenizer/special_tokens.h"
#include "template/template.h"

namespace lmms_eval::local {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kProbe = "4d7c0b2e probe";

Json parts_of(const Message& message) {
  Json parts = Json::array();
  for (const auto& part : message.parts) {
    if (part.media) {
      parts.push_back({{"type", to_string(part.media->kind())}});
    } else {
      parts.push_back({{"type", "text"}, {"text", part.text}});
    }
  }
  return parts;
}

/// True if the probe came out of a list of parts as text, and not as part of the printed list.
bool shows_parts_as_text(const std::string& rendered) {
  if (rendered.find(kProbe) == std::string::npos) return false;
  for (const std::string_view sign : {"'type': 'text'", "\"type\": \"text\"", "\"type\":\"text\""}) {
    if (rendered.find(sign) != std::string::npos) return false;
  }
  return true;
}

}  // namespace

struct ChatTemplate::State {
  std::string text;
  std::string where;
  tmpl::Template compiled;
  Json special_tokens;
  std::array<bool, 3> wants_parts = {true, true, true};  // by role

  static std::unique_ptr<State> make(std::string text, std::string where, Json special_tokens) {
    auto options = tmpl::TemplateOptions::chat_template();
    options.name = where;
    auto compiled = tmpl::Template::parse(text, std::move(options));
    auto state = std::make_unique<State>(
        State{std::move(text), std::move(where), std::move(compiled), std::move(special_tokens)});
    state->probe();
    return state;
  }

  bool& parts_for(Role role) { return wants_parts[static_cast<std::size_t>(role)]; }
  bool parts_for(Role role) const { return wants_parts[static_cast<std::size_t>(role)]; }

  Json content(const Message& message) const {
    if (parts_for(message.role)) return parts_of(message);
    std::string text;
    for (const auto& part : message.parts) {
      if (part.media) {
        throw errors::model("{}: this chat template takes the {}'s content as text and has no place for {} parts",
                            where, to_string(message.role), to_string(part.media->kind()));
      }
      text += part.text;
    }
    return text;
  }

  std::string render(std::span<const Message> messages, bool add_generation_prompt) const {
    Json context = special_tokens;
    Json list = Json::array();
    for (const auto& message : messages)
      list.push_back({{"role", to_string(message.role)}, {"content", content(message)}});
    context["messages"] = std::move(list);
    context["add_generation_prompt"] = add_generation_prompt;
    context["tools"] = nullptr;
    context["documents"] = nullptr;
    return compiled.render(context);
  }

  /// Nothing if the template refuses the messages.
  std::optional<std::string> try_render(std::span<const Message> messages) const {
    try {
      return render(messages, false);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  /// Users first, since the probes of the other roles have a user beside them.
  void probe() {
    const Message user{Role::user, {Part::of_text("hello")}};
    const auto decide = [&](Role role, std::vector<Message> messages, std::size_t probed) {
      messages[probed] = {role, {Part::of_text(std::string(kProbe))}};
      parts_for(role) = true;
      const auto with_parts = try_render(messages);
      if (with_parts && shows_parts_as_text(*with_parts)) return;
      parts_for(role) = false;
      // A template that takes neither (it wants an image, or no such role) is given parts, as by transformers.
      const auto with_text = try_render(messages);
      parts_for(role) = !(with_text && with_text->find(kProbe) != std::string::npos);
    };
    decide(Role::user, {user}, 0);
    decide(Role::system, {user, user}, 0);
    decide(Role::assistant, {user, user}, 1);
  }
};

ChatTemplate::ChatTemplate(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

std::optional<ChatTemplate> ChatTemplate::load(const std::filesystem::path& folder, const std::string& name) {
  auto source = find_chat_template(folder, name);
  if (!source) return std::nullopt;
  return from_text(std::move(source->text), std::move(source->where), folder);
}

ChatTemplate ChatTemplate::from_text(std::string text, std::string where, const std::filesystem::path& folder) {
  Json tokens = Json::object();
  if (!folder.empty())
    for (const auto& [token, value] : tokenization::read_special_tokens(folder).named) tokens[token] = value;
  return ChatTemplate(State::make(std::move(text), std::move(where), std::move(tokens)));
}

std::string ChatTemplate::render(std::span<const Message> messages, bool add_generation_prompt) const {
  return errors::with_context("while rendering the chat template " + state_->where,
                              [&] { return state_->render(messages, add_generation_prompt); });
}

const std::string& ChatTemplate::text() const { return state_->text; }

}  // namespace lmms_eval::local
