// Metrics of log-likelihoods that are summed up as they are.
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

Json logprob(const LikelihoodAnswer& answer, const Json&) { return answer.logprob; }
Json by_words(const RollingAnswer& answer, const Json&) { return Json::array({answer.logprob, answer.words}); }
Json by_bytes(const RollingAnswer& answer, const Json&) { return Json::array({answer.logprob, answer.bytes}); }

const Registration kPerplexity{
    Metric{.name = "perplexity", .aggregation = "perplexity", .higher_is_better = false, .likelihood = logprob}};
const Registration kWordPerplexity{Metric{
    .name = "word_perplexity", .aggregation = "weighted_perplexity", .higher_is_better = false, .rolling = by_words}};
const Registration kBytePerplexity{Metric{
    .name = "byte_perplexity", .aggregation = "weighted_perplexity", .higher_is_better = false, .rolling = by_bytes}};
const Registration kBitsPerByte{
    Metric{.name = "bits_per_byte", .aggregation = "bits_per_byte", .higher_is_better = false, .rolling = by_bytes}};

}  // namespace
}  // namespace lmms_eval::metrics
