// acc and its kin: is the most probable choice a right one?
#include <algorithm>

#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

Json hit(const ChoicesAnswer& answer, const std::vector<double>& scores) {
  return answer.is_gold(argmax(scores)) ? 1.0 : 0.0;
}

Json acc(const ChoicesAnswer& answer, const Json&) { return hit(answer, answer.logprobs); }

Json greedy(const LikelihoodAnswer& answer, const Json&) { return answer.is_greedy ? 1.0 : 0.0; }

/// By the log-probability per character or byte of the choice; an empty choice comes last.
Json acc_by_length(const ChoicesAnswer& answer, const std::vector<std::size_t>& lengths) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < answer.logprobs.size(); ++i)
    scores.push_back(answer.logprobs[i] / static_cast<double>(lengths[i]));
  return hit(answer, scores);
}

Json acc_norm(const ChoicesAnswer& answer, const Json&) { return acc_by_length(answer, answer.characters); }
Json acc_bytes(const ChoicesAnswer& answer, const Json&) { return acc_by_length(answer, answer.bytes); }

/// By how much the context raises the log-probability of the choice.
Json acc_mutual_info(const ChoicesAnswer& answer, const Json&) {
  std::vector<double> scores;
  for (std::size_t i = 0; i < answer.logprobs.size(); ++i)
    scores.push_back(answer.logprobs[i] - answer.unconditional.at(i));
  return hit(answer, scores);
}

const Registration kAcc{Metric{.name = "acc", .aggregation = "mean", .choices = acc, .likelihood = greedy}};
const Registration kAccNorm{Metric{.name = "acc_norm", .aggregation = "mean", .choices = acc_norm}};
const Registration kAccBytes{Metric{.name = "acc_bytes", .aggregation = "mean", .choices = acc_bytes}};
const Registration kAccMutualInfo{
    Metric{.name = "acc_mutual_info", .aggregation = "mean", .choices = acc_mutual_info, .unconditional = true}};

}  // namespace
}  // namespace lmms_eval::metrics
