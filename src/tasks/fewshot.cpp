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

void add_question(Message& message, const Turn& turn) {
  if (turn.parts.empty()) {
    for (const auto& medium : turn.media) message.parts.push_back(Part::of_media(medium));
    add_text(message, turn.question);
  }
  for (const auto& part : turn.parts) {
    if (part.media)
      message.parts.push_back(part);
    else
      add_text(message, part.text);
  }
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool spaced_at_join(const std::string& first, const std::string& second) {
  return is_space(first.back()) || is_space(second.front());
}

/// What follows the question when its answer, or the beginning of one, stands in the same text.
std::string delimiter_after_question(const Turn& turn) {
  if (turn.gen_prefix.empty()) return turn.answer ? turn.target_delimiter : "";
  return turn.question.empty() || spaced_at_join(turn.question, turn.gen_prefix) ? "" : turn.target_delimiter;
}

}  // namespace

FewshotSampler::FewshotSampler(FewshotSource source, std::optional<std::int64_t> seed)
    : source_(std::move(source)), random_(seed) {}

std::int64_t FewshotSampler::pool_size() const {
  return source_.rows ? static_cast<std::int64_t>(source_.rows->size()) : source_.split->num_rows();
}

Doc FewshotSampler::pool_doc(std::size_t index) const {
  return source_.split->row(source_.rows ? (*source_.rows)[index] : static_cast<std::int64_t>(index));
}

bool FewshotSampler::is_own(const Doc& doc, const Doc& example) const {
  if (source_.drop_own_row) return example.id() == doc.id();
  return source_.drop_equal && example.fields() == doc.fields();
}

void FewshotSampler::require(int count, const std::string& task) const {
  const bool one_more = source_.draws_one_more();
  if (count + (one_more ? 1 : 0) <= pool_size()) return;
  throw errors::usage("task {}: {} few-shot examples are asked for, but {}, where they come from, has only {} docs",
                      task, count, source_.name, pool_size());
}

/// Drawn anew from the docs that differ from the evaluated one: copies of it were among the first draw.
std::vector<Doc> FewshotSampler::drawn_from_others(const Doc& doc, std::size_t count) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < static_cast<std::size_t>(pool_size()); ++i)
    if (!is_own(doc, pool_doc(i))) others.push_back(i);
  if (others.size() < count)
    throw errors::data("doc {}: {} few-shot examples are asked for, and only {} docs differ from it", doc.id(), count,
                       others.size());
  std::vector<Doc> docs;
  for (const std::size_t i : random_.sample(others.size(), count)) docs.push_back(pool_doc(others[i]));
  return docs;
}

std::vector<Doc> FewshotSampler::examples(const Doc& doc, int count) {
  const auto wanted = static_cast<std::size_t>(count);
  const bool one_more = source_.draws_one_more();
  std::vector<Doc> docs;
  const auto take = [&](std::size_t index) {
    if (docs.size() == wanted) return;
    Doc example = pool_doc(index);
    if (!is_own(doc, example)) docs.push_back(std::move(example));
  };
  if (source_.first_n) {
    const auto pool = static_cast<std::size_t>(pool_size());
    const std::size_t end = source_.as_lmms_eval_07 ? std::min(pool, wanted + (one_more ? 1 : 0)) : pool;
    for (std::size_t i = 0; i < end && docs.size() < wanted; ++i) take(i);
  } else {
    for (const std::size_t i : random_.sample(static_cast<std::size_t>(pool_size()), wanted + (one_more ? 1 : 0)))
      take(i);
    if (docs.size() < wanted && !source_.as_lmms_eval_07) docs = drawn_from_others(doc, wanted);
  }
  if (docs.size() < wanted && !source_.as_lmms_eval_07)
    throw errors::data("doc {}: {} few-shot examples are asked for, and only {} docs differ from it", doc.id(), count,
                       docs.size());
  return docs;
}

std::string join_delimited(const std::string& first, const std::string& second, const std::string& delimiter) {
  if (first.empty() || second.empty()) return first + second;
  return first + (spaced_at_join(first, second) ? "" : delimiter) + second;
}

std::vector<Message> layout_messages(const std::string& system, const std::vector<Turn>& examples, const Turn& question,
                                     bool multiturn) {
  std::vector<Message> messages;
  if (!system.empty()) messages.push_back({Role::system, {Part::of_text(system)}});
  Message user{Role::user, {}};
  for (const auto& example : examples) {
    add_question(user, example);
    const std::string answer = join_delimited(example.gen_prefix, example.answer.value_or(""), " ");
    if (multiturn) {
      user.raw_delimiter = delimiter_after_question(example);
      messages.push_back(std::exchange(user, Message{Role::user, {}}));
      if (example.answer || !answer.empty()) messages.push_back({Role::assistant, {Part::of_text(answer)}});
      if (example.answer) messages.back().raw_delimiter = example.fewshot_delimiter;
    } else {
      add_text(user, delimiter_after_question(example) + answer + (example.answer ? example.fewshot_delimiter : ""));
    }
  }
  add_question(user, question);
  user.raw_delimiter = delimiter_after_question(question);
  messages.push_back(std::move(user));
  if (!question.gen_prefix.empty()) messages.push_back({Role::assistant, {Part::of_text(question.gen_prefix)}});
  return messages;
}

}  // namespace lmms_eval
