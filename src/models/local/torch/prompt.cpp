#include "models/local/torch/prompt.h"

#include "base/python_text.h"
#include "base/text.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

std::vector<MediaRef> media_of(const Request& request) {
  std::vector<MediaRef> media;
  for (const auto& message : request.messages)
    for (const auto& part : message.parts)
      if (part.media) media.push_back(*part.media);
  for (const auto& medium : media)
    if (medium.kind() != MediaKind::image)
      throw errors::data("{}: this model takes no {}, only images", medium.reference(), to_string(medium.kind()));
  return media;
}

/// What transformers puts after an answer that was begun, to find its end in the rendered chat.
constexpr std::string_view kTag = "CONTINUE_FINAL_MESSAGE_TAG ";

std::string& last_text(Message& message) {
  for (auto part = message.parts.rbegin(); part != message.parts.rend(); ++part)
    if (!part->media) return part->text;
  throw errors::data("the begun answer has no text to continue");
}

/// The rendered chat up to the tag. A template that strips its messages has taken the tag's own space, and may have
/// left white space of the text before the tag that it would have stripped.
std::string cut_at_tag(const std::string& rendered, std::string_view text) {
  const auto at = rendered.rfind(python_strip(kTag));
  if (at == std::string::npos || rendered.find(python_strip(text)) == std::string::npos)
    throw errors::data("the chat template does not show the begun answer '{}'", one_line(text));
  const auto before = std::string_view(rendered).substr(0, at);
  return std::string(rendered.compare(at, kTag.size(), kTag) == 0 ? before : python_rstrip(before));
}

}  // namespace

PromptBuilder::PromptBuilder(const Family& family, const Tokenizer& tokenizer, const ChatTemplate& chat_template,
                             ImageStore& images, std::string system_prompt, std::int64_t max_length)
    : family_(family),
      tokenizer_(tokenizer),
      template_(chat_template),
      images_(images),
      system_prompt_(std::move(system_prompt)),
      max_length_(max_length) {}

std::string PromptBuilder::text(const Request& request) const {
  std::vector<Message> messages = request.messages;
  if (!system_prompt_.empty() && (messages.empty() || messages.front().role != Role::system))
    messages.insert(messages.begin(), Message{Role::system, {Part::of_text(system_prompt_)}});
  const bool begun = !messages.empty() && messages.back().role == Role::assistant;
  if (!begun) return template_.render(messages, true);
  auto& end = last_text(messages.back());
  const auto answer = end;
  end += kTag;
  return cut_at_tag(template_.render(messages, false), answer);
}

/// lm-eval's pair encoding: white space that ends the context goes to the continuation, both are encoded as one text
/// and split where the context alone would end.
std::vector<std::int32_t> PromptBuilder::encode(const std::string& context, const std::string& continuation,
                                                std::size_t& split) const {
  const auto end = context.find_last_not_of(" \t\n\r\f\v");
  const std::string kept = context.substr(0, end == std::string::npos ? 0 : end + 1);
  auto ids = tokenizer_.encode(context + continuation);
  split = tokenizer_.encode(kept).size();
  if (split == 0) {
    const auto prefix = tokenizer_.bos_id() >= 0 ? tokenizer_.bos_id() : tokenizer_.eos_id();
    if (prefix < 0) throw errors::data("an empty context needs a BOS or EOS token, the tokenizer has neither");
    if (ids.empty() || ids.front() != prefix) ids.insert(ids.begin(), prefix);
    split = 1;
  }
  if (ids.size() <= split) throw errors::data("continuation '{}' has no tokens of its own", one_line(continuation, 80));
  return ids;
}

Prompt PromptBuilder::build(const Request& request) const {
  const auto media = media_of(request);
  const auto rendered = text(request);
  Prompt prompt;
  std::vector<std::int32_t> ids;
  std::size_t split = 0;
  if (request.type == RequestType::loglikelihood) {
    ids = encode(rendered, request.continuation, split);
  } else {
    ids = tokenizer_.encode(rendered);
    split = ids.size();
    if (ids.empty()) throw errors::data("the prompt is empty");
  }
  const auto token = family_.image_token_id();
  const auto places = static_cast<std::size_t>(std::count(ids.begin(), ids.end(), token));
  if (places != media.size())
    throw errors::data("the prompt has {} {} places for {} images; the text of a doc must not hold {} itself", places,
                       family_.image_token(), media.size(), family_.image_token());
  for (std::size_t i = 0, next = 0; i < ids.size(); ++i) {
    if (i == split) prompt.context_length = prompt.ids.size();
    if (ids[i] != token) {
      prompt.ids.push_back(ids[i]);
      continue;
    }
    auto image = images_.get(media[next++], media.size() > 1);
    prompt.pictures.push_back({static_cast<std::int64_t>(prompt.ids.size()), image});
    prompt.ids.insert(prompt.ids.end(), static_cast<std::size_t>(image->tokens), ids[i]);
  }
  if (split == ids.size()) prompt.context_length = prompt.ids.size();
  if (static_cast<std::int64_t>(prompt.ids.size()) > max_length_)
    throw errors::data("the prompt has {} tokens, the model takes at most {}", prompt.ids.size(), max_length_);
  return prompt;
}

}  // namespace lmms_eval::local
