// ROUGE as rouge_score computes it: F-measures of common n-grams and of longest common subsequences.
#include <algorithm>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/arguments.h"
#include "metrics/metric.h"
#include "metrics/porter_stemmer.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

using Words = std::vector<std::string>;

/// Runs of ASCII letters and digits of the lower-cased text; those of more than three stemmed if asked for.
Words tokens(std::string_view text, bool stems) {
  Words words;
  std::string word;
  const auto end_word = [&] {
    if (stems && word.size() > 3) word = porter_stem(word);
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : lower_unicode(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      word += c;
    else
      end_word();
  }
  end_word();
  return words;
}

double f_measure(double hits, double predicted, double wanted) {
  if (hits == 0) return 0.0;
  const double precision = hits / predicted, recall = hits / wanted;
  return 2 * precision * recall / (precision + recall);
}

std::map<Words, int> ngrams(const Words& words, std::size_t n) {
  std::map<Words, int> counts;
  for (std::size_t i = 0; i + n <= words.size(); ++i)
    ++counts[Words(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i + n))];
  return counts;
}

double rouge_n(const Words& target, const Words& prediction, std::size_t n) {
  const auto wanted = ngrams(target, n), predicted = ngrams(prediction, n);
  double hits = 0;
  for (const auto& [ngram, count] : wanted)
    if (const auto found = predicted.find(ngram); found != predicted.end()) hits += std::min(count, found->second);
  const auto total = [&](const Words& words) {
    return words.size() < n ? 0.0 : static_cast<double>(words.size() - n + 1);
  };
  return f_measure(hits, total(prediction), total(target));
}

/// table[i][j]: the length of the longest common subsequence of the first i and the first j words.
std::vector<std::vector<int>> common_lengths(const Words& target, const Words& prediction) {
  std::vector<std::vector<int>> table(target.size() + 1, std::vector<int>(prediction.size() + 1));
  for (std::size_t i = 1; i <= target.size(); ++i)
    for (std::size_t j = 1; j <= prediction.size(); ++j)
      table[i][j] =
          target[i - 1] == prediction[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
  return table;
}

double rouge_l(const Words& target, const Words& prediction) {
  const double common = common_lengths(target, prediction).back().back();
  return f_measure(common, static_cast<double>(prediction.size()), static_cast<double>(target.size()));
}

/// Adds the places in the target of one longest common subsequence.
void add_common(const Words& target, const Words& prediction, std::set<std::size_t>& places) {
  const auto table = common_lengths(target, prediction);
  for (std::size_t i = target.size(), j = prediction.size(); i > 0 && j > 0;) {
    if (target[i - 1] == prediction[j - 1]) {
      places.insert(--i);
      --j;
    } else if (table[i][j - 1] > table[i - 1][j]) {
      --j;
    } else {
      --i;
    }
  }
}

/// Lines that are not empty.
std::vector<Words> sentences(const std::string& text, bool stems) {
  std::vector<Words> list;
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) list.push_back(tokens(line, stems));
  return list;
}

std::map<std::string, int> word_counts(const std::vector<Words>& sentences, double& total) {
  std::map<std::string, int> counts;
  for (const auto& sentence : sentences)
    for (const auto& word : sentence) {
      ++counts[word];
      ++total;
    }
  return counts;
}

/// Each sentence of the target against all sentences of the prediction; a word counts as often as it occurs on both
/// sides.
double rouge_l_sum(const std::string& target, const std::string& prediction, bool stems) {
  const auto wanted = sentences(target, stems), predicted = sentences(prediction, stems);
  double wanted_words = 0, predicted_words = 0, hits = 0;
  auto left_wanted = word_counts(wanted, wanted_words);
  auto left_predicted = word_counts(predicted, predicted_words);
  for (const auto& sentence : wanted) {
    std::set<std::size_t> places;
    for (const auto& other : predicted) add_common(sentence, other, places);
    for (const std::size_t place : places) {
      const auto found = left_predicted.find(sentence[place]);
      int& left = left_wanted[sentence[place]];
      if (found == left_predicted.end() || found->second == 0 || left == 0) continue;
      --found->second;
      --left;
      ++hits;
    }
  }
  return f_measure(hits, predicted_words, wanted_words);
}

const std::vector<std::string> kParts = {"rouge1", "rouge2", "rougeL", "rougeLsum"};

double rouge(const std::string& part, const std::string& target, const std::string& prediction, bool stems) {
  if (part == "rougeLsum") return rouge_l_sum(target, prediction, stems);
  const Words wanted = tokens(target, stems), predicted = tokens(prediction, stems);
  if (part == "rougeL") return rouge_l(wanted, predicted);
  return rouge_n(wanted, predicted, part == "rouge1" ? 1 : 2);
}

/// Against the reference that fits best.
double best(const std::string& part, const GenerationAnswer& answer, const Json& arguments) {
  if (answer.predictions.size() != 1)
    throw errors::data("rouge needs one answer a doc, not {}", answer.predictions.size());
  double value = 0;
  for (const auto& reference : answer.references)
    value = std::max(value, rouge(part, reference, answer.predictions[0], flag(arguments, "use_stemmer")));
  return value;
}

Json all_parts(const GenerationAnswer& answer, const Json& arguments) {
  Json values = Json::object();
  for (const auto& part : kParts) values[part] = best(part, answer, arguments);
  return values;
}

Metric rouge_metric(const std::string& name) {
  Metric metric{.name = name,
                .aggregation = "mean",
                .arguments = {"use_stemmer"},
                .check = [](const Json& arguments) { flag(arguments, "use_stemmer"); },
                .generation = all_parts,
                .all_references = true};
  if (name == "rouge")
    metric.parts = kParts;
  else
    metric.generation = [name](const GenerationAnswer& answer, const Json& arguments) -> Json {
      return best(name, answer, arguments);
    };
  return metric;
}

const Registration kAll{rouge_metric("rouge")};
const Registration kOne{rouge_metric("rouge1")};
const Registration kTwo{rouge_metric("rouge2")};
const Registration kLongest{rouge_metric("rougeL")};
const Registration kLongestOfSentences{rouge_metric("rougeLsum")};

}  // namespace
}  // namespace lmms_eval::metrics
