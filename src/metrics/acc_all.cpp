// acc_all: a question of several docs counts if all of them are right (MultiRC).
#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/text.h"
#include "metrics/metric.h"
#include "metrics/stats.h"

namespace lmms_eval::metrics {
namespace {

struct Doc {
  Json paragraph, question;
  bool right;
};

/// From [prediction, doc], a doc with idx.paragraph, idx.question and label.
Doc doc_of(const Json& value) {
  try {
    const Json& doc = value.at(1);
    const bool prediction = value.at(0).is_boolean() ? value[0].get<bool>() : value[0].get<double>() == 1;
    return {doc.at("idx").at("paragraph"), doc.at("idx").at("question"),
            (doc.at("label").get<double>() == 1) == prediction};
  } catch (const Json::exception&) {
    throw errors::data("a doc's value is {}; acc_all needs a prediction and a doc with idx and label",
                       one_line(value.dump(), 80));
  }
}

/// For each key in the order in which they come, 1 if all its docs are right.
std::vector<double> all_right(const std::vector<Doc>& docs, bool with_paragraph) {
  std::map<std::string, std::size_t> places;
  std::vector<double> hits;
  for (const auto& doc : docs) {
    const Json key = Json::array({with_paragraph ? doc.paragraph : Json(), doc.question});
    const auto [at, is_new] = places.emplace(key.dump(), hits.size());
    if (is_new) hits.push_back(1.0);
    if (!doc.right) hits[at->second] = 0.0;
  }
  return hits;
}

MetricAggregate acc_all(std::span<const Json> values, const AggregationOptions& options) {
  std::vector<Doc> docs;
  for (const auto& value : values) docs.push_back(doc_of(value));
  MetricAggregate result;
  result.value = stats::mean(all_right(docs, true));
  // lm-eval tells the questions apart without their paragraphs here.
  if (options.bootstrap_iters > 0) result.stderr_value = stats::mean_stderr(all_right(docs, false));
  return result;
}

const Registration kRegistration{Aggregation{"acc_all", acc_all}};

}  // namespace
}  // namespace lmms_eval::metrics
