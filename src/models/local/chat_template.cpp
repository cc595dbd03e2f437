#include "models/local/chat_template.h"

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"
#include "template/template.h"

namespace lmms_eval::local {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Source {
  std::string text;
  std::string where;
};

Json read_json_file(const fs::path& file) {
  if (!fs::exists(file)) return Json();
  Json json = Json::parse(read_file(file), nullptr, false);
  if (!json.is_object()) throw errors::model("{}: not a JSON object; fetch the checkpoint again", file.string());
  return json;
}

/// A template value: a text, or a list of {name, template}.
std::optional<Source> pick(const Json& value, const std::string& name, const std::string& where) {
  if (value.is_string()) {
    if (!name.empty() && name != "default")
      throw errors::usage("--apply_chat_template {}: {} has only one template; give the flag without a name", name, where);
    return Source{value.get<std::string>(), where};
  }
  if (!value.is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& entry : value) {
    if (!entry.is_object() || !entry.contains("name") || !entry.contains("template")) throw errors::model("{}: a chat template without name or text", where);
    const std::string known = entry["name"].get<std::string>();
    names.push_back(known);
    if (known == (name.empty() ? "default" : name)) return Source{entry["template"].get<std::string>(), where + " (" + known + ")"};
  }
  if (name.empty()) throw errors::usage("{}: has several chat templates ({}) and none is named default; choose with --apply_chat_template NAME", where, join(names, ", "));
  throw errors::usage("--apply_chat_template {}: {} has the templates {}{}", name, where, join(names, ", "), did_you_mean(name, names));
}

/// The order of transformers: files of their own win over tokenizer_config.json.
std::optional<Source> find_template(const fs::path& folder, const std::string& name) {
  if (!name.empty() && name != "default") {
    const fs::path named = folder / "additional_chat_templates" / (name + ".jinja");
    if (fs::exists(named)) return Source{read_file(named), named.string()};
  }
  const fs::path json_file = folder / "chat_template.json", jinja_file = folder / "chat_template.jinja", config_file = folder / "tokenizer_config.json";
  if (const Json json = read_json_file(json_file); json.is_object() && json.contains("chat_template"))
    if (auto source = pick(json["chat_template"], name, json_file.string())) return source;
  if (fs::exists(jinja_file)) return pick(read_file(jinja_file), name, jinja_file.string());
  if (const Json json = read_json_file(config_file); json.is_object() && json.contains("chat_template"))
    return pick(json["chat_template"], name, config_file.string());
  return std::nullopt;
}

/// bos_token, eos_token ... as texts, from both files that may hold them.
Json special_tokens(const fs::path& folder) {
  Json tokens = Json::object();
  for (const char* file : {"special_tokens_map.json", "tokenizer_config.json"}) {
    const Json json = read_json_file(folder / file);
    if (!json.is_object()) continue;
    for (const auto& [key, value] : json.items()) {
      if (!key.ends_with("_token")) continue;
      if (value.is_string()) tokens[key] = value;
      else if (value.is_object() && value.contains("content")) tokens[key] = value["content"];
    }
  }
  return tokens;
}

/// A template that never goes through a message's parts takes `content` as a text.
bool wants_parts(const std::string& text) {
  for (const char* sign : {"in message['content']", "in message[\"content\"]", "in message.content", "in content", "content is not string",
                           "content is string", "['type']", "[\"type\"]", ".type"})
    if (text.find(sign) != text.npos) return true;
  return false;
}

Json content_parts(const Message& message) {
  Json parts = Json::array();
  for (const auto& part : message.parts) {
    if (part.media) parts.push_back({{"type", to_string(part.media->kind())}});
    else parts.push_back({{"type", "text"}, {"text", part.text}});
  }
  return parts;
}

}  // namespace

struct ChatTemplate::State {
  std::string text;
  std::string where;
  tmpl::Template compiled;
  Json tokens;
  bool parts = true;
};

ChatTemplate::ChatTemplate(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

std::optional<ChatTemplate> ChatTemplate::load(const fs::path& folder, const std::string& name) {
  const auto source = find_template(folder, name);
  if (!source) return std::nullopt;
  ChatTemplate loaded = from_text(source->text, source->where);
  loaded.state_->tokens = special_tokens(folder);
  return loaded;
}

ChatTemplate ChatTemplate::from_text(std::string text, std::string where) {
  auto options = tmpl::TemplateOptions::chat_template();
  options.name = where;
  auto compiled = tmpl::Template::parse(text, options);
  const bool parts = wants_parts(text);
  return ChatTemplate(std::make_unique<State>(State{std::move(text), std::move(where), std::move(compiled), Json::object(), parts}));
}

std::string ChatTemplate::render(std::span<const Message> messages, bool add_generation_prompt) const {
  Json context = state_->tokens;
  Json list = Json::array();
  for (const auto& message : messages) {
    Json item = {{"role", to_string(message.role)}};
    if (state_->parts) {
      item["content"] = content_parts(message);
    } else {
      std::string text;
      for (const auto& part : message.parts) {
        if (part.media) throw errors::model("{}: this chat template has no place for a medium", state_->where);
        text += part.text;
      }
      item["content"] = std::move(text);
    }
    list.push_back(std::move(item));
  }
  context["messages"] = std::move(list);
  context["add_generation_prompt"] = add_generation_prompt;
  context["tools"] = nullptr;
  context["documents"] = nullptr;
  return state_->compiled.render(context);
}

const std::string& ChatTemplate::text() const { return state_->text; }

}  // namespace lmms_eval::local
