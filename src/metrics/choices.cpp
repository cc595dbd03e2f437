// The metrics of log-likelihood tasks: the task computes a doc's value, the registry knows how to sum them up.
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

const std::vector<std::string> kChoice = {"multiple_choice"};
const std::vector<std::string> kLikelihood = {"multiple_choice", "loglikelihood"};

const Registration kAcc{Metric{"acc", {}, "mean", true, {}, kLikelihood}};
const Registration kAccNorm{Metric{"acc_norm", {}, "mean", true, {}, kChoice}};
const Registration kF1{Metric{"f1", {}, "f1", true, {}, kChoice}};
const Registration kMcc{Metric{"mcc", {}, "matthews_corrcoef", true, {}, kChoice}};
const Registration kPerplexity{Metric{"perplexity", {}, "perplexity", false, {}, {"loglikelihood"}}};
const Registration kBypass{Metric{"bypass", {}, "bypass", true, {}, {}}};

}  // namespace
}  // namespace lmms_eval::metrics
