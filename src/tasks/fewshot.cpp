#include "tasks/fewshot.h"

#include <algorithm>
#include <cctype>

#include "base/errors.h"

namespace lmms_eval {
namespace {

/// Adds text to a message; neighbouring texts are one part, as in a prompt without media.
void add_text(Message& message, const std::string& text) {
  if (text.empty()) return;
  if (!message.parts.empty() && !message.parts.back().media)
    message.parts.back().text += text;
  else
    message.parts.push_back(Part::of_text(text));
}

void add_media(Message& message, const std::vector<MediaRef>& media) {
  for (const auto& medium : media) message.parts.push_back(Part::of_media(medium));
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

FewshotSampler::FewshotSampler(std::shared_ptr<data::Split> split, bool first_n, bool same_split,
                               std::optional<std::int64_t> seed)
    : split_(std::move(split)), first_n_(first_n), same_split_(same_split), random_(seed) {}

void FewshotSampler::require(int count, const std::string& task, const std::string& split) const {
  if (static_cast<std::int64_t>(drawn_for(count)) <= split_->num_rows()) return;
  throw errors::usage(
      "task {}: {} few-shot examples are asked for, but split '{}', where they come from, has only {} docs", task,
      count, split, split_->num_rows());
}

std::vector<Doc> FewshotSampler::examples(std::int64_t doc_id, int count) {
  const auto rows = static_cast<std::size_t>(split_->num_rows());
  const std::size_t wanted = drawn_for(count);
  std::vector<Doc> docs;
  std::vector<std::size_t> drawn;
  if (first_n_)
    for (std::size_t i = 0; i < wanted; ++i) drawn.push_back(i);
  else
    drawn = random_.sample(rows, wanted);
  for (const std::size_t row : drawn) {
    const bool own = same_split_ && static_cast<std::int64_t>(row) == doc_id;
    if (!own && docs.size() < static_cast<std::size_t>(count))
      docs.push_back(split_->row(static_cast<std::int64_t>(row)));
  }
  return docs;
}

std::string join_system(const std::string& instruction, const std::string& description, const std::string& delimiter) {
  if (instruction.empty() || description.empty()) return instruction + description;
  const bool spaced = is_space(instruction.back()) || is_space(description.front());
  return instruction + (spaced ? "" : delimiter) + description;
}

std::vector<Message> layout_messages(const PromptLayout& layout, const std::vector<Turn>& examples,
                                     const Turn& question) {
  std::vector<Message> messages;
  if (!layout.system.empty()) messages.push_back({Role::system, {Part::of_text(layout.system)}});
  Message user{Role::user, {}};
  for (const auto& example : examples) {
    add_media(user, example.media);
    add_text(user, example.question);
    if (layout.multiturn) {
      messages.push_back(std::exchange(user, Message{Role::user, {}}));
      messages.push_back({Role::assistant, {Part::of_text(example.answer)}});
    } else {
      add_text(user, layout.target_delimiter + example.answer + layout.fewshot_delimiter);
    }
  }
  add_media(user, question.media);
  add_text(user, question.question);
  messages.push_back(std::move(user));
  if (!layout.gen_prefix.empty()) messages.push_back({Role::assistant, {Part::of_text(layout.gen_prefix)}});
  return messages;
}

}  // namespace lmms_eval
