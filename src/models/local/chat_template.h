#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lmms_eval/export.h"
#include "lmms_eval/request.h"

namespace lmms_eval::local {

/// The chat template of a checkpoint, looked for in this order: processor_config.json, chat_template.json,
/// chat_template.jinja with additional_chat_templates/NAME.jinja, tokenizer_config.json (a text, or a list of named
/// ones). The first place that has a template of the wanted name gives it.
///
/// Messages reach the template as transformers' processors hand them over: content is a list of {"type": "image"} and
/// {"type": "text", "text": ...} parts, in the order of the message. A template written for text takes a text instead,
/// the text parts joined as they are. Which of the two it wants is found out once, for each role, by rendering a probe:
/// it is parts if the probe's text comes out and the list itself does not, else text. (So a template that loops over
/// the parts of users but trims the system message gets both as it needs them.) With a text, media have no place:
/// Error{model}.
///
/// The template also sees the special tokens of tokenizer_config.json and special_tokens_map.json (bos_token,
/// image_token
/// ...), and tools and documents, which are none. Immutable, thread-safe.
class LMMS_EVAL_API ChatTemplate {
 public:
  /// Nothing if the folder has no template. `name` empty: "default", or the only one. Throws Error{usage} for an
  /// unknown name (with the names there are), Error{config} for a broken template (file:line:column), Error{model} for
  /// malformed JSON.
  static std::optional<ChatTemplate> load(const std::filesystem::path& folder, const std::string& name = "");
  /// A template that the folder does not bring: a family's own default, or the user's. The special tokens are the
  /// folder's; without a folder there are none.
  static ChatTemplate from_text(std::string text, std::string where, const std::filesystem::path& folder = {});
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  /// The prompt; with a last message by the assistant and `add_generation_prompt` false the turn is closed by the
  /// template. Throws Error{config} if the template refuses the messages or fails.
  std::string render(std::span<const Message> messages, bool add_generation_prompt) const;
  const std::string& text() const;

 private:
  struct State;
  explicit ChatTemplate(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lmms_eval::local
