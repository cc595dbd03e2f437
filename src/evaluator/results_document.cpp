#include "evaluator/results_document.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/errors.h"
#include "metrics/stats.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;
using Runs = std::vector<std::unique_ptr<TaskRun>>;

const Json kNotAvailable = "N/A";

Json or_not_available(const std::optional<double>& value) { return value ? Json(*value) : kNotAvailable; }

/// A version as the YAML has it: 1.0 is a number, "Yaml" a text.
Json version_json(const std::string& text) {
  const Json number = Json::parse(text, nullptr, false);
  return number.is_number() ? number : Json(text);
}

/// "name" at the top, " - name" one level down, "  - name" below that.
std::string indented(const std::string& alias, int depth) {
  return depth == 0 ? alias : std::string(depth, ' ') + "- " + alias;
}

std::vector<const TaskNode*> sorted(const std::vector<TaskNode>& nodes) {
  std::vector<const TaskNode*> list;
  for (const auto& node : nodes) list.push_back(&node);
  std::stable_sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return list;
}

void for_each_node(const std::vector<TaskNode>& nodes, int depth,
                   const std::function<void(const TaskNode&, int)>& visit) {
  for (const auto* node : sorted(nodes)) {
    visit(*node, depth);
    for_each_node(node->members, depth + 1, visit);
  }
}

class Document {
 public:
  Document(const std::vector<TaskNode>& tasks, const Runs& runs, int bootstrap_iters)
      : tasks_(tasks), bootstrap_iters_(bootstrap_iters) {
    for (const auto& run : runs) runs_[&run->task()] = run.get();
  }

  Json build() {
    for (const auto& [task, run] : runs_) metrics_[task] = task_metrics(*run);
    Json results = Json::object();
    Json groups = Json::object();
    for_each_node(tasks_, 0, [&](const TaskNode& node, int depth) {
      Json entry = node.task ? metrics_.at(node.task.get()) : group_metrics(node);
      Json row;
      if (node.task) row["alias"] = indented(node.alias, depth);
      for (auto& [key, value] : entry.items()) row[key] = value;
      if (!node.task) {
        if (entry.empty()) row[" "] = " ";
        row["alias"] = indented(node.alias, depth);
        if (!entry.empty()) groups[node.name] = row;
      }
      results[node.name] = row;
    });
    Json document;
    document["results"] = std::move(results);
    if (!groups.empty()) document["groups"] = std::move(groups);
    add_descriptions(document);
    return document;
  }

 private:
  Json task_metrics(const TaskRun& run) const {
    Json row = Json::object();
    std::set<std::string> filters;
    for (const auto& column : run.columns()) filters.insert(column.filter);
    if (filters.empty()) filters.insert("none");
    const auto metrics = run.task().metrics();
    for (const auto& column : run.columns()) {
      const bool listed =
          std::any_of(metrics.begin(), metrics.end(), [&](const auto& info) { return info.name == column.metric; });
      if (!listed) continue;  // extra keys of a scoring function are kept in samples only
      const auto values = column.values.values();
      const auto aggregate =
          errors::with_context("while aggregating " + column.metric + " of task " + run.task().name(),
                               [&] { return run.task().aggregate(column.metric, values, bootstrap_iters_); });
      add(row, column.metric, column.filter, aggregate);
      if (!column.repeat_scores.empty()) add_stability(row, column);
    }
    for (const auto& info : metrics)
      for (const auto& filter : filters)
        if (!row.contains(info.name + "," + filter)) add(row, info.name, filter, std::nullopt);
    return row;
  }

  static void add(Json& row, const std::string& metric, const std::string& filter,
                  const std::optional<MetricAggregate>& aggregate) {
    row[metric + "," + filter] = aggregate ? Json(aggregate->value) : kNotAvailable;
    row[metric + "_stderr," + filter] = aggregate ? or_not_available(aggregate->stderr_value) : kNotAvailable;
    row[metric + "_stderr_clt," + filter] = aggregate ? or_not_available(aggregate->stderr_clt) : kNotAvailable;
    row[metric + "_stderr_clustered," + filter] =
        aggregate ? or_not_available(aggregate->stderr_clustered) : kNotAvailable;
  }

  static void add_stability(Json& row, const TaskRun::Column& column) {
    auto scored = column.repeat_scores;
    std::erase_if(scored, [](const auto& of_doc) { return of_doc.empty(); });
    const auto stability = stats::stability(scored);
    if (scored.empty()) return;
    const auto put = [&](const char* name, double value) { row[column.metric + name + "," + column.filter] = value; };
    put("_expected_accuracy", stability.expected_accuracy);
    put("_consensus_accuracy", stability.consensus_accuracy);
    put("_internal_variance", stability.internal_variance);
    put("_consistency_rate", stability.consistency_rate);
  }

  static void collect_leaves(const TaskNode& node, std::vector<const TaskNode*>& leaves) {
    if (node.task) leaves.push_back(&node);
    for (const auto& member : node.members) collect_leaves(member, leaves);
  }

  /// The filters under which a leaf has the metric, in order of appearance.
  std::vector<std::string> filters_of(const std::string& metric, const std::vector<const TaskNode*>& leaves) const {
    std::vector<std::string> filters;
    for (const auto* leaf : leaves) {
      for (const auto& [key, value] : metrics_.at(leaf->task.get()).items()) {
        if (!key.starts_with(metric + ",")) continue;
        const std::string filter = key.substr(metric.size() + 1);
        if (std::find(filters.begin(), filters.end(), filter) == filters.end()) filters.push_back(filter);
      }
    }
    return filters;
  }

  void add_group_metric(Json& row, const GroupMetric& entry, const std::string& filter,
                        const std::vector<const TaskNode*>& leaves) const {
    const std::string key = entry.metric + "," + filter;
    const std::string error_key = entry.metric + "_stderr," + filter;
    std::vector<double> values, errors, sizes;
    std::size_t members = 0;
    for (const auto* leaf : leaves) {
      const auto& metrics = metrics_.at(leaf->task.get());
      if (!metrics.contains(key)) continue;
      ++members;
      if (!metrics[key].is_number()) continue;
      values.push_back(metrics[key].get<double>());
      sizes.push_back(static_cast<double>(runs_.at(leaf->task.get())->counts.answered));
      if (metrics[error_key].is_number()) errors.push_back(metrics[error_key].get<double>());
    }
    if (members == 0) return;
    const bool has_value = values.size() == members;
    double weighted = 0, weights = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double weight = entry.weight_by_size ? sizes[i] : 1.0;
      weighted += values[i] * weight;
      weights += weight;
    }
    std::optional<double> error;
    if (has_value && errors.size() == members)
      error = entry.weight_by_size || entry.pooled_stderr ? stats::pooled_stderr(errors, sizes)
                                                          : stats::unweighted_mean_stderr(errors);
    row[key] = has_value && weights > 0 ? Json(weighted / weights) : kNotAvailable;
    row[error_key] = or_not_available(error);
  }

  Json group_metrics(const TaskNode& group) const {
    Json row = Json::object();
    std::vector<const TaskNode*> leaves;
    collect_leaves(group, leaves);
    for (const auto& entry : group.aggregate) {
      if (entry.part_of_name) {
        add_metrics_like(row, entry, leaves);
        continue;
      }
      for (const auto& filter : entry.filters.empty() ? filters_of(entry.metric, leaves) : entry.filters)
        add_group_metric(row, entry, filter, leaves);
    }
    return row;
  }

  /// lmms-eval 0.7: the entry counts for every "metric,filter" of a leaf that has its name in it.
  void add_metrics_like(Json& row, GroupMetric entry, const std::vector<const TaskNode*>& leaves) const {
    const std::string part = entry.metric;
    for (const auto* leaf : leaves) {
      for (const auto& [key, value] : metrics_.at(leaf->task.get()).items()) {
        if (key.find(part) == key.npos || key.find("_stderr") != key.npos || row.contains(key)) continue;
        const auto comma = key.find(',');
        entry.metric = key.substr(0, comma);
        add_group_metric(row, entry, key.substr(comma + 1), leaves);
      }
    }
  }

  Json higher_is_better(const TaskNode& node) const {
    Json row = Json::object();
    if (node.task) {
      for (const auto& info : node.task->metrics())
        row[info.name] = info.higher_is_better ? Json(*info.higher_is_better) : Json();
      return row;
    }
    for (const auto& member : node.members) {
      const Json below = higher_is_better(member);
      for (const auto& [metric, value] : below.items()) {
        if (!row.contains(metric))
          row[metric] = value;
        else if (row[metric] != value)
          row[metric] = nullptr;
      }
    }
    return row;
  }

  /// The n-shot of all tasks of a group; nothing where they differ.
  std::optional<int> shared_num_fewshot(const TaskNode& group) const {
    std::vector<const TaskNode*> leaves;
    collect_leaves(group, leaves);
    std::optional<int> shared;
    for (const auto* leaf : leaves) {
      if (shared && *shared != leaf->task->num_fewshot()) return std::nullopt;
      shared = leaf->task->num_fewshot();
    }
    return shared;
  }

  void add_descriptions(Json& document) const {
    Json subtasks = Json::object();
    std::map<std::string, Json> configs, versions, shots, better;
    Json samples = Json::object();
    for_each_node(tasks_, 0, [&](const TaskNode& node, int depth) {
      Json members = Json::array();
      for (const auto& member : node.members) members.push_back(member.name);
      if (!node.task || depth == 0) subtasks[node.name] = members;  // a member of a group has no entry of its own
      better[node.name] = higher_is_better(node);
      // lm-eval's groups say N/A, lmms-eval's nothing.
      if (node.task || node.shows_num_fewshot || node.version != "N/A")
        versions[node.name] = version_json(node.task ? node.task->version() : node.version);
      if (!node.task) {
        if (const auto shared = node.shows_num_fewshot ? shared_num_fewshot(node) : std::nullopt)
          shots[node.name] = *shared;
        return;
      }
      configs[node.name] = node.task->dump_config();
      shots[node.name] = node.task->num_fewshot();
      const auto& counts = runs_.at(node.task.get())->counts;
      samples[node.name] = {{"original", counts.original},     {"effective", counts.requested},
                            {"answered", counts.answered},     {"failed", counts.failed},
                            {"unscorable", counts.unscorable}, {"not_run", counts.not_run},
                            {"empty", counts.empty},           {"cut", counts.cut}};
    });
    document["group_subtasks"] = std::move(subtasks);
    document["configs"] = configs;
    document["versions"] = versions;
    document["n-shot"] = shots;
    document["higher_is_better"] = better;
    document["n-samples"] = std::move(samples);
  }

  const std::vector<TaskNode>& tasks_;
  int bootstrap_iters_;
  std::map<const Task*, const TaskRun*> runs_;
  std::map<const Task*, Json> metrics_;
};

Json token_entry(const TokenTotals& tokens) {
  return {{"input_tokens", tokens.paid_input},
          {"output_tokens", tokens.paid_output},
          {"reasoning_tokens", tokens.paid_reasoning},
          {"total_tokens", tokens.paid_input + tokens.paid_output},
          {"n_api_calls", tokens.calls}};
}

void add(TokenTotals& sum, const TokenTotals& other) {
  sum.docs += other.docs;
  sum.docs_with_counts += other.docs_with_counts;
  sum.input += other.input;
  sum.output += other.output;
  sum.reasoning += other.reasoning;
  sum.calls += other.calls;
  sum.paid_input += other.paid_input;
  sum.paid_output += other.paid_output;
  sum.paid_reasoning += other.paid_reasoning;
  sum.correct += other.correct;
}

Json efficiency_entry(const TokenTotals& tokens) {
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const double docs = std::max(1.0, number(tokens.docs));
  return {{"docs", number(tokens.docs)},
          {"docs_with_token_counts", number(tokens.docs_with_counts)},
          {"total_input_tokens", number(tokens.input)},
          {"total_output_tokens", number(tokens.output)},
          {"total_tokens", number(tokens.input + tokens.output)},
          {"total_correct_score", tokens.correct},
          {"avg_output_tokens_per_sample", number(tokens.output) / docs},
          {"tokens_per_correct_answer", tokens.correct > 0 ? Json(number(tokens.output) / tokens.correct) : Json()}};
}

}  // namespace

Json results_document(const std::vector<TaskNode>& tasks, const Runs& runs, int bootstrap_iters, bool with_hashes) {
  Json document = Document(tasks, runs, bootstrap_iters).build();
  Json hashes = Json::object();
  if (with_hashes)
    for (const auto& run : runs) hashes[run->task().name()] = run->finish_hash();
  document["task_hashes"] = std::move(hashes);
  return document;
}

Json usage_section(const Runs& runs, std::optional<std::int64_t> budget) {
  TokenTotals total;
  Json by_task = Json::object();
  for (const auto& run : runs) {
    add(total, run->tokens);
    by_task[run->task().name()] = token_entry(run->tokens);
  }
  return {{"total", token_entry(total)},
          {"by_task", by_task},
          {"by_source", {{"model", token_entry(total)}}},
          {"budget_exceeded", budget && total.paid_input + total.paid_output >= *budget},
          {"budget_total_tokens", budget ? Json(*budget) : Json()}};
}

Json efficiency_section(const Runs& runs) {
  TokenTotals total;
  Json by_task = Json::object();
  for (const auto& run : runs) {
    add(total, run->tokens);
    by_task[run->task().name()] = efficiency_entry(run->tokens);
  }
  return {{"by_task", by_task}, {"overall", efficiency_entry(total)}};
}

}  // namespace lmms_eval
