// take_first, take_first_k, majority_vote: one or some of a request's responses.
#include "base/errors.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

Step take_first(const Json&) {
  return [](const Json& responses, const Json&) -> Json {
    if (!responses.is_array()) return responses;
    return responses.empty() ? Json("") : Json(responses.front());
  };
}

Step take_first_k(const Json& arguments) {
  const std::int64_t count = integer_argument(arguments, "k", 0);
  if (count < 1) throw errors::config("needs k, a number from 1 on");
  const auto k = static_cast<std::size_t>(count);
  return [k](const Json& responses, const Json&) -> Json {
    if (!responses.is_array()) return responses;
    if (responses.size() < k)
      throw errors::config("take_first_k: k is {}, but each request has {} responses; set repeats to at least k", k,
                           responses.size());
    Json list = Json::array();
    for (std::size_t i = 0; i < k; ++i) list.push_back(responses[i]);
    return list;
  };
}

/// A list of the most frequent response; of equally frequent ones the first seen.
Step majority_vote(const Json&) {
  return [](const Json& responses, const Json&) -> Json {
    if (!responses.is_array() || responses.empty()) return responses;
    const Json* best = nullptr;
    std::size_t best_count = 0;
    for (const auto& candidate : responses) {
      std::size_t count = 0;
      for (const auto& response : responses) count += response == candidate;
      if (count > best_count) {
        best = &candidate;
        best_count = count;
      }
    }
    return Json::array({*best});
  };
}

const Registration kTakeFirst{Filter{"take_first", {}, take_first}};
const Registration kTakeFirstK{Filter{"take_first_k", {"k"}, take_first_k}};
const Registration kMajorityVote{Filter{"majority_vote", {}, majority_vote}};

}  // namespace
}  // namespace lmms_eval::filters
