#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lmms_eval/export.h"
#include "lmms_eval/request.h"

namespace lmms_eval::local {

/// The chat template of a checkpoint: chat_template.json, chat_template.jinja or tokenizer_config.json, in this order; a named
/// list of templates is chosen from by name.
///
/// Thread-safe. Messages are given as transformers' processors give them: content is a list of {"type": "image"} and
/// {"type": "text", "text": ...} parts (or plain text when `text_content` is asked for).
class LMMS_EVAL_API ChatTemplate {
 public:
  /// Nothing if the folder has no template. `name` empty: the only one, or "default". Throws Error{usage} for an unknown
  /// name (with the names there are), Error{config} for a broken template (file:line:column).
  static std::optional<ChatTemplate> load(const std::filesystem::path& folder, const std::string& name = "");
  /// A family's own default, for checkpoints without one.
  static ChatTemplate from_text(std::string text, std::string where);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  /// The prompt; with a last message by the assistant and `add_generation_prompt` false the turn is closed by the template.
  std::string render(std::span<const Message> messages, bool add_generation_prompt) const;
  const std::string& text() const;

 private:
  struct State;
  explicit ChatTemplate(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lmms_eval::local
