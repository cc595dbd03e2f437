// chrF and chrF++ as sacrebleu's corpus_chrf computes them.
#include <cmath>
#include <unordered_map>

#include "base/python_text.h"
#include "base/regex.h"
#include "metrics/arguments.h"
#include "metrics/translation.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

struct ChrfOptions {
  std::size_t characters, words;  ///< longest n-grams
  double beta;
  bool lowercase, whitespace, eps_smoothing;
};

ChrfOptions options_of(const Json& arguments, int word_order) {
  ChrfOptions options;
  options.characters = static_cast<std::size_t>(integer(arguments, "char_order", 6, 1, 100));
  options.words = static_cast<std::size_t>(integer(arguments, "word_order", word_order, 0, 100));
  options.beta = number(arguments, "beta", 2);
  options.lowercase = flag(arguments, "lowercase");
  options.whitespace = flag(arguments, "whitespace", !flag(arguments, "remove_whitespace", true));
  options.eps_smoothing = flag(arguments, "eps_smoothing");
  return options;
}

using Counter = std::unordered_map<std::u32string, double>;

void count_ngrams(const std::vector<std::u32string>& units, std::size_t orders, bool words,
                  std::vector<Counter>& counters) {
  const std::size_t first = counters.size();
  counters.resize(first + orders);
  for (std::size_t begin = 0; begin < units.size(); ++begin) {
    std::u32string ngram;
    for (std::size_t n = 0; n < orders && begin + n < units.size(); ++n) {
      if (words && n > 0) ngram += U' ';
      ngram += units[begin + n];
      ++counters[first + n][ngram];
    }
  }
}

bool is_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/// A word, with one punctuation mark at its end, else at its beginning, apart.
void add_word(std::u32string word, std::vector<std::u32string>& words) {
  if (word.size() > 1 && is_punctuation(word.back())) {
    words.push_back(word.substr(0, word.size() - 1));
    words.push_back(word.substr(word.size() - 1));
  } else if (word.size() > 1 && is_punctuation(word.front())) {
    words.push_back(word.substr(0, 1));
    words.push_back(word.substr(1));
  } else {
    words.push_back(std::move(word));
  }
}

std::vector<Counter> ngrams(const std::string& text, const ChrfOptions& options) {
  const std::string line = options.lowercase ? lower_unicode(text) : text;
  std::vector<std::u32string> characters, words;
  for (const char32_t c : utf8_to_utf32(line))
    if (options.whitespace || !is_python_space(c)) characters.emplace_back(1, c);
  for (const auto word : python_split(line)) add_word(utf8_to_utf32(word), words);
  std::vector<Counter> counters;
  count_ngrams(characters, options.characters, false, counters);
  count_ngrams(words, options.words, true, counters);
  return counters;
}

double f_score(double precision, double recall, double factor) {
  return (1 + factor) * precision * recall / (factor * precision + recall);
}

/// From the number of n-grams of the hypothesis, of the reference and in both, for each order.
double score(const std::vector<double>& sums, const ChrfOptions& options) {
  constexpr double kAlmostNothing = 1e-16;
  const double factor = options.beta * options.beta;
  double smoothed = 0, precisions = 0, recalls = 0, orders = 0;
  for (std::size_t i = 0; i < sums.size(); i += 3) {
    const double precision = sums[i] > 0 ? sums[i + 2] / sums[i] : kAlmostNothing;
    const double recall = sums[i + 1] > 0 ? sums[i + 2] / sums[i + 1] : kAlmostNothing;
    smoothed += factor * precision + recall > 0 ? f_score(precision, recall, factor) : kAlmostNothing;
    if (sums[i] == 0 || sums[i + 1] == 0) continue;
    precisions += precision;
    recalls += recall;
    ++orders;
  }
  if (options.eps_smoothing) return 100 * smoothed / static_cast<double>(sums.size() / 3);
  if (orders == 0 || precisions + recalls == 0) return 0.0;
  return 100 * f_score(precisions / orders, recalls / orders, factor);
}

std::vector<double> matches(const std::vector<Counter>& hypothesis, const std::vector<Counter>& reference) {
  std::vector<double> counts;
  for (std::size_t n = 0; n < hypothesis.size(); ++n) {
    double ours = 0, theirs = 0, both = 0;
    for (const auto& [ngram, times] : hypothesis[n]) {
      ours += times;
      if (const auto found = reference[n].find(ngram); found != reference[n].end())
        both += std::min(times, found->second);
    }
    for (const auto& [ngram, times] : reference[n]) theirs += times;
    counts.insert(counts.end(), {theirs > 0 ? ours : 0.0, theirs, both});
  }
  return counts;
}

/// The counts against the reference that gives the best score.
std::vector<double> count(const Segment& segment, const ChrfOptions& options) {
  const auto hypothesis = ngrams(segment.hypothesis, options);
  std::vector<double> best;
  double best_score = -1;
  for (const auto& reference : segment.references) {
    auto counts = matches(hypothesis, ngrams(reference, options));
    const double value = score(counts, options);
    if (value > best_score) {
      best_score = value;
      best = std::move(counts);
    }
  }
  return best;
}

template <int word_order>
MetricAggregate chrf(std::span<const Json> values, const AggregationOptions& options) {
  const ChrfOptions chrf = options_of(options.arguments, word_order);
  return aggregate_corpus(values,
                          {[&](const Segment& segment) { return count(segment, chrf); },
                           [&](const std::vector<double>& sums) { return score(sums, chrf); }},
                          options.bootstrap_iters);
}

Metric chrf_metric(const std::string& name) {
  return {.name = name,
          .aggregation = name,
          .arguments = {"char_order", "word_order", "beta", "lowercase", "whitespace", "remove_whitespace",
                        "eps_smoothing"},
          .check = [](const Json& arguments) { options_of(arguments, 0); },
          .generation = segment_value,
          .all_references = true};
}

const Registration kChrf{Aggregation{"chrf", chrf<0>}};
const Registration kChrfPlusPlus{Aggregation{"chrf++", chrf<2>}};
const Registration kChrfMetric{chrf_metric("chrf")};
const Registration kChrfPlusPlusMetric{chrf_metric("chrf++")};

}  // namespace
}  // namespace lmms_eval::metrics
