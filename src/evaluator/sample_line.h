#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "lmms_eval/model.h"
#include "lmms_eval/task.h"

namespace lmms_eval {

/// A doc with its requests and what came back, ready to be written.
struct FinishedDoc {
  const Task& task;
  const Doc& doc;  ///< without fields where its row could not be read
  std::span<const Request> requests;
  std::span<const Response> responses;
  Status status = Status::answered;
  std::string error;     ///< of a doc that was not answered
  std::string doc_hash;  ///< empty where there is none
};

/// One line of a samples file: the keys of lmms-eval in their order, then filter, status and error. `scored` is null
/// for a doc that was not scored. `input` is the text as the model was sent it.
std::string sample_line(const FinishedDoc& finished, const ScoredFilter* scored, const std::string& input);

}  // namespace lmms_eval
