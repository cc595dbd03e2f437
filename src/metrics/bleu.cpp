// BLEU as sacrebleu's corpus_bleu computes it.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "metrics/arguments.h"
#include "metrics/bleu_tokenizer.h"
#include "metrics/translation.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

struct BleuOptions {
  bool lowercase, effective_order;
  BleuTokenizer tokenizer;
  std::string smoothing;
  double smoothing_value;
  std::size_t orders;
};

double default_smoothing_value(const std::string& method) {
  if (method == "floor") return 0.1;
  if (method == "add-k") return 1.0;
  if (method == "exp" || method == "none") return 0.0;
  throw errors::config("smooth_method must be exp, floor, add-k or none, not '{}'", method);
}

BleuOptions options_of(const Json& arguments) {
  flag(arguments, "force");  // silences sacrebleu's warning about tokenized texts; this one gives none
  BleuOptions options;
  options.lowercase = flag(arguments, "lowercase");
  options.effective_order = flag(arguments, "effective_order", flag(arguments, "use_effective_order"));
  options.tokenizer = bleu_tokenizer(text(arguments, "tokenize", "13a"));
  options.smoothing = text(arguments, "smooth_method", "exp");
  options.smoothing_value = number(arguments, "smooth_value", default_smoothing_value(options.smoothing));
  options.orders = static_cast<std::size_t>(integer(arguments, "max_ngram_order", 4, 1, 100));
  return options;
}

using Counter = std::unordered_map<std::string, double>;

/// How often each n-gram occurs, one counter for each n from 1 on.
std::vector<Counter> ngrams(const std::vector<std::string_view>& words, std::size_t orders) {
  std::vector<Counter> counters(orders);
  for (std::size_t begin = 0; begin < words.size(); ++begin) {
    std::string ngram;
    for (std::size_t n = 0; n < orders && begin + n < words.size(); ++n) {
      if (n > 0) ngram += ' ';
      ngram += words[begin + n];
      ++counters[n][ngram];
    }
  }
  return counters;
}

std::string prepared(const std::string& line, const BleuOptions& options) {
  return options.tokenizer(python_rstrip(options.lowercase ? lower_unicode(line) : line));
}

/// Length of the hypothesis, of the closest reference, then the matching n-grams and all n-grams for each order.
std::vector<double> count(const Segment& segment, const BleuOptions& options) {
  const std::string hypothesis = prepared(segment.hypothesis, options);
  const auto words = python_split(hypothesis);
  const double length = static_cast<double>(words.size());
  double closest = -1;
  std::vector<Counter> known(options.orders);
  for (const auto& text : segment.references) {
    const std::string reference = prepared(text, options);
    const auto reference_words = python_split(reference);
    const double other = static_cast<double>(reference_words.size());
    const double nearer = std::abs(length - other) - std::abs(length - closest);
    if (closest < 0 || nearer < 0 || (nearer == 0 && other < closest)) closest = other;
    const auto counters = ngrams(reference_words, options.orders);
    for (std::size_t n = 0; n < options.orders; ++n)
      for (const auto& [ngram, times] : counters[n]) known[n][ngram] = std::max(known[n][ngram], times);
  }
  std::vector<double> counts(2 + 2 * options.orders);
  counts[0] = length;
  counts[1] = closest;
  const auto counters = ngrams(words, options.orders);
  for (std::size_t n = 0; n < options.orders; ++n) {
    for (const auto& [ngram, times] : counters[n]) {
      counts[2 + options.orders + n] += times;
      if (const auto found = known[n].find(ngram); found != known[n].end())
        counts[2 + n] += std::min(times, found->second);
    }
  }
  return counts;
}

/// sacrebleu's stand-in for the logarithm of 0.
double log_or_very_low(double value) { return value == 0.0 ? -9999999999.0 : std::log(value); }

double score(const std::vector<double>& sums, const BleuOptions& options) {
  const double length = sums[0], reference_length = sums[1];
  const std::size_t orders = options.orders;
  const auto matches = std::span(sums).subspan(2, orders), totals = std::span(sums).subspan(2 + orders, orders);
  if (std::all_of(matches.begin(), matches.end(), [](double count) { return count == 0; })) return 0.0;
  const double brevity = length < reference_length ? std::exp(1 - reference_length / length) : 1.0;
  std::vector<double> precisions(orders);
  double halving = 1;
  std::size_t used = orders;
  for (std::size_t n = 0; n < orders; ++n) {
    const double added = options.smoothing == "add-k" && n > 0 ? options.smoothing_value : 0.0;
    const double match = matches[n] + added, total = totals[n] + added;
    if (total == 0) break;
    if (options.effective_order) used = n + 1;
    if (match > 0)
      precisions[n] = 100.0 * match / total;
    else if (options.smoothing == "exp")
      precisions[n] = 100.0 / ((halving *= 2) * total);
    else if (options.smoothing == "floor")
      precisions[n] = 100.0 * options.smoothing_value / total;
  }
  double logs = 0;
  for (std::size_t n = 0; n < used; ++n) logs += log_or_very_low(precisions[n]);
  return brevity * std::exp(logs / static_cast<double>(used));
}

MetricAggregate bleu(std::span<const Json> values, const AggregationOptions& options) {
  const BleuOptions bleu = options_of(options.arguments);
  return aggregate_corpus(values,
                          {[&](const Segment& segment) { return count(segment, bleu); },
                           [&](const std::vector<double>& sums) { return score(sums, bleu); }},
                          options.bootstrap_iters);
}

const Registration kAggregation{Aggregation{"bleu", bleu}};
const Registration kMetric{Metric{.name = "bleu",
                                  .aggregation = "bleu",
                                  .arguments = {"lowercase", "force", "tokenize", "smooth_method", "smooth_value",
                                                "max_ngram_order", "effective_order", "use_effective_order"},
                                  .check = [](const Json& arguments) { options_of(arguments); },
                                  .generation = segment_value,
                                  .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
