#include "evaluator/sample_line.h"

#include <algorithm>

#include "base/log.h"
#include "base/python_json.h"
#include "lmms_eval/error.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

constexpr std::size_t kMaxInputMedia = 4;

nlohmann::ordered_json with_text_leaves(const nlohmann::ordered_json& value) {
  if (value.is_array()) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& item : value) list.push_back(with_text_leaves(item));
    return list;
  }
  return tmpl::str(value);
}

/// lmms-eval takes the outer list away when it has one element.
nlohmann::ordered_json unwrapped(nlohmann::ordered_json value) {
  if (value.is_array() && value.size() == 1) return nlohmann::ordered_json(value.front());
  return value;
}

nlohmann::ordered_json raw_value(const Request& request, const Response& response) {
  if (request.type == RequestType::generate_until) return response.text;
  if (request.type == RequestType::loglikelihood)
    return nlohmann::ordered_json::array({response.logprob, response.is_greedy});
  return response.logprob;
}

/// Per request the list of its repeats, every leaf as text; null for what was not answered, which is no text "None".
nlohmann::ordered_json raw_responses(const FinishedDoc& finished) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < finished.requests.size(); ++i) {
    const auto& request = finished.requests[i];
    if (request.repeat == 0 || list.empty()) list.push_back(nlohmann::ordered_json::array());
    list.back().push_back(i < finished.responses.size() && finished.responses[i].status == Status::answered
                              ? with_text_leaves(raw_value(request, finished.responses[i]))
                              : nlohmann::ordered_json());
  }
  return list;
}

nlohmann::ordered_json token_counts(const FinishedDoc& finished) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < finished.requests.size(); ++i) {
    if (finished.requests[i].repeat != 0) continue;
    nlohmann::ordered_json counts;
    if (i < finished.responses.size()) {
      const auto& tokens = finished.responses[i].tokens;
      if (tokens.input) counts["input_tokens"] = *tokens.input;
      if (tokens.output) counts["output_tokens"] = *tokens.output;
      if (tokens.reasoning) counts["reasoning_tokens"] = *tokens.reasoning;
    }
    list.push_back(counts);
  }
  return list;
}

nlohmann::ordered_json input_media(const FinishedDoc& finished) {
  auto list = nlohmann::ordered_json::array();
  if (finished.requests.empty()) return list;
  for (const auto& message : finished.requests.front().messages) {
    for (const auto& part : message.parts) {
      if (!part.media || list.size() >= kMaxInputMedia) continue;
      const std::string reference = part.media->reference();
      if (std::find(list.begin(), list.end(), nlohmann::ordered_json(reference)) == list.end())
        list.push_back(reference);
    }
  }
  return list;
}

}  // namespace

std::string sample_line(const FinishedDoc& finished, const ScoredFilter* scored, const std::string& input) {
  nlohmann::ordered_json line;
  line["doc_id"] = finished.doc.id();
  try {
    line["target"] = finished.doc.fields().is_null()
                         ? nlohmann::ordered_json()
                         : nlohmann::ordered_json(tmpl::str(finished.task.target(finished.doc)));
  } catch (const Error&) {
    line["target"] = nullptr;  // its `error` says so, or --predict_only has no use for it
  }
  const auto resps = unwrapped(raw_responses(finished));
  const auto filtered = scored && scored->filtered_resps ? unwrapped(with_text_leaves(*scored->filtered_resps))
                                                         : nlohmann::ordered_json();
  if (resps != filtered && resps != nlohmann::ordered_json::array({filtered})) line["resps"] = resps;
  line["filtered_resps"] = filtered;
  line["token_counts"] = token_counts(finished);
  line["doc_hash"] = finished.doc_hash.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(finished.doc_hash);
  if (auto media = input_media(finished); !media.empty()) line["input_media"] = std::move(media);
  if (scored)
    for (const auto& [metric, value] : scored->values) line[metric] = value;
  line["input"] = input;
  line["filter"] = scored ? nlohmann::ordered_json(scored->filter) : nlohmann::ordered_json();
  line["status"] = to_string(finished.status);
  line["error"] = finished.error.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(redact(finished.error));
  return python_dumps(line);
}

}  // namespace lmms_eval
