// CIDEr as pycocoevalcap computes it: how alike the n-grams of a caption and of its references are, weighed by how rare
// they are among the references of all docs.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/text.h"
#include "metrics/caption_words.h"
#include "metrics/metric.h"
#include "metrics/stats.h"
#include "metrics/translation.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

constexpr std::size_t kOrders = 4;
constexpr double kLengthSpread = 6;

using Ngrams = std::map<std::vector<std::uint32_t>, double>;

Ngrams ngrams(const std::string& caption, Vocabulary& vocabulary) {
  const auto words = vocabulary.numbers(python_split(caption));
  Ngrams counts;
  for (std::size_t n = 1; n <= kOrders; ++n)
    for (std::size_t i = 0; i + n <= words.size(); ++i)
      ++counts[{words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i + n)}];
  return counts;
}

/// A caption as weights of its n-grams.
struct Weights {
  Ngrams weights;
  std::array<double, kOrders> norms{};
  double length = 0;  ///< in word pairs
};

struct Image {
  Ngrams caption;
  std::vector<Ngrams> references;
};

class Corpus {
 public:
  void add(const Json& value) {
    if (!value.is_array() || value.size() != 2 || !value[1].is_string())
      throw errors::data("a doc's value is {}; cider needs the references and one answer", one_line(value.dump(), 80));
    Image image{ngrams(value[1].get<std::string>(), vocabulary_), {}};
    const Json references = value[0].is_array() ? value[0] : Json::array({value[0]});
    std::set<std::vector<std::uint32_t>> seen;
    for (const auto& reference : references) {
      image.references.push_back(ngrams(reference.get<std::string>(), vocabulary_));
      for (const auto& [ngram, count] : image.references.back()) seen.insert(ngram);
    }
    if (references.empty()) throw errors::data("a doc has no reference");
    for (const auto& ngram : seen) ++images_with_[ngram];
    images_.push_back(std::move(image));
  }

  double score() const {
    std::vector<double> scores;
    for (const auto& image : images_) scores.push_back(score_of(image));
    return stats::pairwise_sum(scores) / static_cast<double>(scores.size());
  }

 private:
  Weights weights_of(const Ngrams& counts) const {
    const double rarest = std::log(static_cast<double>(images_.size()));
    Weights result;
    for (const auto& [ngram, count] : counts) {
      const auto found = images_with_.find(ngram);
      const double images = found == images_with_.end() ? 1.0 : found->second;
      const double weight = count * (rarest - std::log(images));
      result.weights[ngram] = weight;
      result.norms[ngram.size() - 1] += weight * weight;
      if (ngram.size() == 2) result.length += count;
    }
    for (double& norm : result.norms) norm = std::sqrt(norm);
    return result;
  }

  /// Mean over the n-gram lengths, with a penalty for another length of the caption.
  double alike(const Weights& caption, const Weights& reference) const {
    std::array<double, kOrders> products{};
    for (const auto& [ngram, weight] : caption.weights)
      if (const auto found = reference.weights.find(ngram); found != reference.weights.end())
        products[ngram.size() - 1] += std::min(weight, found->second) * found->second;
    const double longer = caption.length - reference.length;
    const double penalty = std::exp(-(longer * longer) / (2 * kLengthSpread * kLengthSpread));
    double sum = 0;
    for (std::size_t n = 0; n < kOrders; ++n) {
      const double norm = caption.norms[n] * reference.norms[n];
      sum += (norm == 0 ? products[n] : products[n] / norm) * penalty;
    }
    return sum / kOrders;
  }

  double score_of(const Image& image) const {
    const Weights caption = weights_of(image.caption);
    double sum = 0;
    for (const auto& reference : image.references) sum += alike(caption, weights_of(reference));
    return 10 * sum / static_cast<double>(image.references.size());
  }

  Vocabulary vocabulary_;
  std::map<std::vector<std::uint32_t>, double> images_with_;
  std::vector<Image> images_;
};

MetricAggregate cider(std::span<const Json> values, const AggregationOptions&) {
  Corpus corpus;
  for (const auto& value : values) corpus.add(value);
  MetricAggregate result;
  result.value = corpus.score();
  return result;
}

/// [references, caption], each as the words that count, with blanks between them.
Json caption_and_references(const GenerationAnswer& answer, const Json& arguments) {
  GenerationAnswer words = answer;
  for (auto* texts : {&words.predictions, &words.references})
    for (auto& text : *texts) text = caption_words(text);
  return segment_value(words, arguments);
}

const Registration kAggregation{Aggregation{"cider", cider}};
const Registration kMetric{
    Metric{.name = "cider", .aggregation = "cider", .generation = caption_and_references, .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
