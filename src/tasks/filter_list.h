#pragma once

#include <string>
#include <vector>

#include "filters/filter.h"
#include "tasks/task_config.h"

namespace lmms_eval {

/// A named chain of filters over a doc's responses.
struct Pipeline {
  std::string name;
  std::vector<filters::Step> steps;
  bool takes_several = false;  ///< it cannot work on one response alone
};

/// The task's filter_list, or one pipeline "none" that takes the first response. `as_lmms_eval_07`: extractors that
/// find nothing draw. Throws Error{config} with file:line.
std::vector<Pipeline> read_filter_list(const TaskConfig& config, bool as_lmms_eval_07);

/// The pairs of tags between which a model reasons: the task's, else the command line's. None where there are no pairs
/// (none, false); then auto_strip_thinking puts a step before each pipeline.
filters::TagPairs read_reasoning_tags(const TaskConfig& config, const std::string& from_command_line,
                                      std::vector<Pipeline>& pipelines);

}  // namespace lmms_eval
