// bypass: no score, the answers pass through.
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

Json texts(const GenerationAnswer& answer, const Json&) {
  return Json::array({Json(answer.references), Json(answer.predictions)});
}

Json choices(const ChoicesAnswer& answer, const Json&) { return Json::array({answer.gold_json(), answer.logprobs}); }

Json likelihood(const LikelihoodAnswer& answer, const Json&) { return Json::array({answer.logprob, answer.is_greedy}); }

Json rolling(const RollingAnswer& answer, const Json&) { return answer.logprob; }

const Registration kRegistration{Metric{.name = "bypass",
                                        .aggregation = "bypass",
                                        .generation = texts,
                                        .choices = choices,
                                        .likelihood = likelihood,
                                        .rolling = rolling,
                                        .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
