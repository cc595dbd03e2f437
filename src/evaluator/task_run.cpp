#include "evaluator/task_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

// Messages that carry a changing part (a port, an id) could be as many as docs; the rest is summed up.
constexpr std::size_t kMaxDistinctProblems = 20;

std::int64_t count_limit(std::optional<double> limit, std::int64_t docs) {
  if (!limit || *limit == -1) return docs;
  if (*limit < 0)
    throw errors::usage("--limit {}: must be -1 (all docs), a share between 0 and 1, or a number of docs", *limit);
  if (*limit < 1) return static_cast<std::int64_t>(std::ceil(static_cast<double>(docs) * *limit));
  return *limit >= static_cast<double>(docs) ? docs : static_cast<std::int64_t>(*limit);
}

}  // namespace

void ValueColumn::set(std::size_t position, const nlohmann::ordered_json& value) {
  if (!value.is_number()) {
    others_[position] = value;
    return;
  }
  if (position >= numbers_.size()) {
    // Grow to the whole run at once: doubling would hold two copies at the worst moment.
    numbers_.resize(docs_);
    present_.resize(docs_);
  }
  numbers_[position] = value.get<double>();
  present_[position] = true;
}

std::vector<nlohmann::ordered_json> ValueColumn::values() const {
  std::vector<nlohmann::ordered_json> list;
  list.reserve(others_.size() + static_cast<std::size_t>(std::count(present_.begin(), present_.end(), true)));
  for (std::size_t i = 0; i < docs_; ++i) {
    if (i < present_.size() && present_[i])
      list.emplace_back(numbers_[i]);
    else if (const auto other = others_.find(i); other != others_.end())
      list.push_back(other->second);
  }
  return list;
}

void OrderedHash::feed(std::size_t position, const std::string& hash) {
  if (!hash.empty()) sha_.update("sample_" + std::to_string(position) + hash);
}

void OrderedHash::add(std::size_t position, std::string hash) {
  early_.emplace(position, std::move(hash));
  for (auto next = early_.begin(); next != early_.end() && next->first == next_; next = early_.erase(next), ++next_)
    feed(next->first, next->second);
}

std::string OrderedHash::finish() {
  for (const auto& [position, hash] : early_) feed(position, hash);
  return sha_.hex();
}

TaskRun::TaskRun(std::shared_ptr<Task> task) : task_(std::move(task)) {
  counts.original = task_->num_docs();
  const auto config = task_->dump_config();
  shows_media_ = config.contains("doc_to_visual") && !config["doc_to_visual"].is_null();
  if (counts.original == 0) throw errors::data("task {}: its split has no docs", task_->name());
}

TaskRun::TaskRun(std::shared_ptr<Task> task, std::optional<double> limit, std::int64_t offset)
    : TaskRun(std::move(task)) {
  first_ = offset;
  counts.requested = std::min(count_limit(limit, counts.original), std::max<std::int64_t>(0, counts.original - offset));
  if (counts.requested > 0) return;
  if (offset >= counts.original)
    throw errors::usage("--offset {}: task {} has only {} docs", offset, task_->name(), counts.original);
  throw errors::usage("--limit {}: leaves no doc of task {}; use -1 for all docs", limit.value_or(0), task_->name());
}

TaskRun::TaskRun(std::shared_ptr<Task> task, std::vector<std::int64_t> doc_ids) : TaskRun(std::move(task)) {
  std::sort(doc_ids.begin(), doc_ids.end());
  doc_ids.erase(std::unique(doc_ids.begin(), doc_ids.end()), doc_ids.end());
  for (const auto id : doc_ids)
    if (id < 0 || id >= counts.original)
      throw errors::usage("--samples: task {} has no doc {}: its docs are 0 to {}", task_->name(), id,
                          counts.original - 1);
  counts.requested = static_cast<std::int64_t>(doc_ids.size());
  doc_ids_ = std::move(doc_ids);
}

std::int64_t TaskRun::doc_at(std::int64_t position) const {
  return doc_ids_.empty() ? first_ + position : doc_ids_[static_cast<std::size_t>(position)];
}

std::size_t TaskRun::position_of(std::int64_t doc_id) const {
  if (doc_ids_.empty()) return static_cast<std::size_t>(doc_id - first_);
  return static_cast<std::size_t>(std::lower_bound(doc_ids_.begin(), doc_ids_.end(), doc_id) - doc_ids_.begin());
}

TaskRun::Column& TaskRun::column(const std::string& filter, const std::string& metric) {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& known) {
    return known.filter == filter && known.metric == metric;
  });
  if (found != columns_.end()) return *found;
  return columns_.emplace_back(Column{filter, metric, ValueColumn(static_cast<std::size_t>(counts.requested)), {}});
}

void TaskRun::add_scores(std::int64_t doc_id, const std::vector<ScoredFilter>& scores) {
  const std::size_t position = position_of(doc_id);
  for (const auto& scored : scores) {
    for (const auto& [metric, value] : scored.values) column(scored.filter, metric).values.set(position, value);
    for (const auto& [metric, repeats] : scored.repeat_scores) {
      auto& of_docs = column(scored.filter, metric).repeat_scores;
      if (of_docs.empty()) of_docs.resize(static_cast<std::size_t>(counts.requested));
      of_docs[position] = repeats;
    }
  }
}

void TaskRun::note_media(std::int64_t doc_id, const std::vector<Request>& requests) {
  if (!shows_media_ || requests.empty()) return;
  for (const auto& message : requests.front().messages)
    for (const auto& part : message.parts)
      if (part.media) return;
  without_media_.first = without_media_.docs++ == 0 ? doc_id : std::min(without_media_.first, doc_id);
}

void TaskRun::warn_of_missing_media() const {
  if (without_media_.docs > 0)
    spdlog::warn("{}: {} of {} docs have no picture or other medium (first: doc {}); they were asked as text alone",
                 task_->name(), without_media_.docs, counts.requested, without_media_.first);
}

void TaskRun::add_problem(Status status, std::int64_t doc_id, const std::string& error) {
  const std::string reason = one_line(redact(error));
  auto key = std::make_pair(std::string(to_string(status)), without_numbers(reason));
  const bool is_other = !problems_.count(key) && problems_.size() >= kMaxDistinctProblems;
  if (is_other) key.second = "";
  auto [found, is_new] = problems_.try_emplace(key, Problem{0, doc_id, is_other ? "other reasons" : reason});
  if (is_new) spdlog::warn("{} doc {} {}: {}", task_->name(), doc_id, key.first, reason);
  Problem& problem = found->second;
  ++problem.docs;
  if (doc_id >= problem.first) return;
  problem.first = doc_id;
  if (!is_other) problem.reason = reason;
}

std::vector<std::string> TaskRun::problems() const {
  std::vector<std::string> lines;
  for (const auto& [key, problem] : problems_) {
    lines.push_back(fmt::format("{}: {} {} {} (first: doc {}): {}", task_->name(), problem.docs,
                                problem.docs == 1 ? "doc" : "docs", key.first, problem.first, problem.reason));
  }
  if (counts.not_run > 0)
    lines.push_back(fmt::format("{}: {} docs not run: the run was stopped before", task_->name(), counts.not_run));
  return lines;
}

}  // namespace lmms_eval
