#include <nlohmann/json.hpp>

#include "lmms_eval/task.h"

namespace lmms_eval {

Task::~Task() = default;

ScoredFilter::ScoredFilter() = default;
ScoredFilter::ScoredFilter(const ScoredFilter& other)
    : filter(other.filter),
      filtered_resps(other.filtered_resps ? std::make_unique<nlohmann::ordered_json>(*other.filtered_resps) : nullptr),
      values(other.values),
      repeat_scores(other.repeat_scores) {}
ScoredFilter::ScoredFilter(ScoredFilter&&) noexcept = default;
ScoredFilter& ScoredFilter::operator=(ScoredFilter&&) noexcept = default;
ScoredFilter::~ScoredFilter() = default;

}  // namespace lmms_eval
