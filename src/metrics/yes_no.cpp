// yes_no and its precision, recall, F1 and share: questions with two answers. Rules: MME, POPE and TempCompass in
// lmms-eval.
#include <array>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/arguments.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

std::string plain(const std::string& text) { return std::string(python_strip(lower_unicode(text))); }

/// yes or no alone, one letter of them, or what the first four characters hold ("not" and "know" hold no).
std::string mme_label(const std::string& answer) {
  const std::string text = replace_all(plain(answer), ".", "");
  if (text == "yes" || text == "no") return text;
  if (count_code_points(text) == 1) return text == "y" ? "yes" : text == "n" ? "no" : "other";
  const auto head = Regex::cached(R"((?s)\A.{0,4})").search(text);
  const std::string first = text.substr(0, head ? head->end : 0);
  if (first.find("yes") != first.npos) return "yes";
  return first.find("no") != first.npos ? "no" : "other";
}

std::string beginning(const std::string& answer) {
  const std::string text = lower_unicode(answer);
  return text.starts_with("yes") ? "yes" : text.starts_with("no") ? "no" : "other";
}

std::string label(const std::string& answer, const std::string& rule) {
  if (rule == "mme") return mme_label(answer);
  return rule == "beginning" ? beginning(answer) : plain(answer);
}

std::string rule_of(const Json& arguments) {
  const std::string rule = text(arguments, "rule", "exact");
  if (rule != "exact" && rule != "mme" && rule != "beginning")
    throw errors::config("rule must be exact, mme or beginning, not '{}'", rule);
  return rule;
}

void check(const Json& arguments) { rule_of(arguments); }

std::string gold_of(const GenerationAnswer& answer) {
  if (answer.predictions.size() != 1 || answer.references.empty())
    throw errors::data("yes_no needs one answer and one target a doc");
  const std::string gold = replace_all(plain(answer.references[0]), ".", "");
  if (gold != "yes" && gold != "no") throw errors::data("its target '{}' is neither yes nor no", answer.references[0]);
  return gold;
}

Json yes_no(const GenerationAnswer& answer, const Json& arguments) {
  const std::string gold = gold_of(answer);
  return label(answer.predictions[0], rule_of(arguments)) == gold ? 1.0 : 0.0;
}

/// What the aggregations count: [gold, label].
Json gold_and_label(const GenerationAnswer& answer, const Json& arguments) {
  return Json::array({gold_of(answer), label(answer.predictions[0], rule_of(arguments))});
}

struct Counts {
  double hits = 0, false_alarms = 0, misses = 0, yes = 0, docs = 0;

  explicit Counts(std::span<const Json> values) {
    for (const auto& value : values) {
      const bool gold = value.at(0) == "yes", said_yes = value.at(1) == "yes", said_no = value.at(1) == "no";
      hits += gold && said_yes;
      false_alarms += !gold && said_yes;
      misses += gold && said_no;
      yes += gold;
      ++docs;
    }
  }
  static double share(double part, double rest) { return part + rest > 0 ? part / (part + rest) : 0.0; }
  double precision() const { return share(hits, false_alarms); }
  double recall() const { return share(hits, misses); }
  double f1() const {
    const double sum = precision() + recall();
    return sum > 0 ? 2 * precision() * recall() / sum : 0.0;
  }
  double yes_ratio() const { return share(yes, docs - yes); }
};

struct Part {
  Part(const std::string& name, double (Counts::*value)() const) {
    register_aggregation({name, [value](std::span<const Json> values, const AggregationOptions&) {
                            MetricAggregate aggregate;
                            aggregate.value = (Counts(values).*value)();
                            return aggregate;
                          }});
    register_metric({.name = name,
                     .aggregation = name,
                     .arguments = {"rule"},
                     .check = check,
                     .generation = gold_and_label,
                     .all_references = true});
  }
};

const Registration kYesNo{Metric{.name = "yes_no",
                                 .aggregation = "mean",
                                 .arguments = {"rule"},
                                 .check = check,
                                 .generation = yes_no,
                                 .all_references = true}};
const Part kPrecision{"yes_no_precision", &Counts::precision};
const Part kRecall{"yes_no_recall", &Counts::recall};
const Part kF1{"yes_no_f1", &Counts::f1};
const Part kRatio{"yes_no_ratio", &Counts::yes_ratio};

}  // namespace
}  // namespace lmms_eval::metrics
