// Answers tests/parity/test_metrics.py: a JSON object a line, {"metric": …} for a doc's value or {"aggregation": …} for
// an aggregate; writes the value, or {"error": …}.
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "lmms_eval/error.h"
#include "metrics/caption_words.h"
#include "metrics/metric.h"
#include "metrics/stats.h"
#include "metrics/whisper_normalizer.h"

using namespace lmms_eval::metrics;

namespace {

Json optional(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json score(const Metric& metric, const Json& test) {
  const Json arguments = test.value("arguments", Json::object());
  if (metric.check) metric.check(arguments);
  if (test.contains("predictions"))
    return metric.generation(
        {test["predictions"].get<std::vector<std::string>>(), test["references"].get<std::vector<std::string>>()},
        arguments);
  if (test.contains("logprobs")) {
    ChoicesAnswer answer;
    answer.logprobs = test["logprobs"].get<std::vector<double>>();
    answer.unconditional = test.value("unconditional", std::vector<double>{});
    answer.is_greedy = test["is_greedy"].get<std::vector<bool>>();
    answer.characters = test["characters"].get<std::vector<std::size_t>>();
    answer.bytes = test["bytes"].get<std::vector<std::size_t>>();
    answer.gold = test["gold"].get<std::vector<std::int64_t>>();
    return metric.choices(answer, arguments);
  }
  if (test.contains("words")) return metric.rolling({test["logprob"], test["words"], test["bytes"]}, arguments);
  return metric.likelihood({test["logprob"], test["is_greedy"]}, arguments);
}

Json aggregate(const Aggregation& aggregation, const Json& test) {
  const auto values = test["values"].get<std::vector<Json>>();
  AggregationOptions options;
  options.bootstrap_iters = test.value("bootstrap_iters", 0);
  options.arguments = test.value("arguments", Json::object());
  options.as_lmms_eval_07 = test.value("as_lmms_eval_07", false);
  auto result = aggregation.aggregate(values, options);
  add_errors_over_docs(values, "score", test.value("cluster_key", ""), result);
  return {{"value", result.value},
          {"stderr", optional(result.stderr_value)},
          {"clt", optional(result.stderr_clt)},
          {"clustered", optional(result.stderr_clustered)}};
}

Json statistic(const Json& test) {
  using namespace lmms_eval::stats;
  if (test["statistic"] == "stability") {
    const auto result = stability(test["scores"].get<std::vector<std::vector<double>>>());
    return {result.expected_accuracy, result.consensus_accuracy, result.internal_variance, result.consistency_rate};
  }
  const auto errors = test["stderrs"].get<std::vector<double>>();
  return {optional(pooled_stderr(errors, test["sizes"].get<std::vector<double>>())), unweighted_mean_stderr(errors)};
}

Json answer(const Json& test) {
  try {
    if (test.contains("whisper_english")) return whisper_english(test["whisper_english"].get<std::string>());
    if (test.contains("whisper_basic")) return whisper_basic(test["whisper_basic"].get<std::string>());
    if (test.contains("caption")) return caption_words(test["caption"].get<std::string>());
    if (test.contains("metric")) return score(*find_metric(test["metric"].get<std::string>()), test);
    if (test.contains("statistic")) return statistic(test);
    return aggregate(*find_aggregation(test["aggregation"].get<std::string>()), test);
  } catch (const lmms_eval::Error& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main() {
  spdlog::set_level(spdlog::level::off);  // the default logger writes to standard output
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(Json::parse(line)).dump() << std::endl;
}
