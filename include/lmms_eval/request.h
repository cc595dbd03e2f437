#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"
#include "lmms_eval/media.h"

namespace lmms_eval {

enum class Role { system, user, assistant };

/// A piece of a message: text, or one medium.
struct LMMS_EVAL_API Part {
  std::string text;  ///< empty when `media` is set
  std::optional<MediaRef> media;

  static Part of_text(std::string text);
  static Part of_media(MediaRef media);
};

struct LMMS_EVAL_API Message {
  Role role = Role::user;
  std::vector<Part> parts;
  /// What a model that is sent raw text reads between this message and the next; a chat template has its own.
  std::string raw_delimiter = {};
};

LMMS_EVAL_API std::string_view to_string(Role role);

/// How to generate. What is not set is the model's own default.
struct LMMS_EVAL_API GenerationOptions {
  std::optional<int> max_new_tokens;
  std::optional<bool> do_sample;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<int> top_k;
  std::optional<int> num_beams;
  std::optional<double> repetition_penalty;
  std::optional<std::int64_t> seed;
  std::vector<std::string> until;
  /// Options that have no field here, as a JSON object text; "{}" when there are none.
  std::string extra_json = "{}";

  /// True when the same request must give the same answer: no sampling is asked for.
  bool deterministic() const;
  /// Canonical JSON of all that is set (sorted keys): the form shown in results and used in cache keys.
  std::string to_json() const;

  bool operator==(const GenerationOptions&) const = default;
};

enum class RequestType { generate_until, loglikelihood, loglikelihood_rolling };

LMMS_EVAL_API std::string_view to_string(RequestType type);

/// What a model is asked: messages with lazy media, and for log-likelihood the continuation of the last one.
///
/// One doc makes one or more requests: (task, doc_id, index, repeat) tells them apart. Text with media placeholders and
/// chat layout are both made from `messages`; there is no second form.
struct LMMS_EVAL_API Request {
  RequestType type = RequestType::generate_until;
  std::string task;
  std::int64_t doc_id = 0;  ///< row in the evaluated split
  int index = 0;            ///< among the requests of one doc (the choice of a multiple_choice doc)
  int repeat = 0;
  std::vector<Message> messages;
  /// loglikelihood: the text whose probability is asked for. A model with a chat template takes it as it is; what goes
  /// between question and answer in raw text (target_delimiter) is already in `raw_delimiter`.
  std::string continuation;
  std::string raw_delimiter;
  GenerationOptions options;
};

/// How a request ended. Only answered requests are scored and cached.
enum class Status {
  answered,    ///< the model said something, be it empty or cut at max_new_tokens
  failed,      ///< no answer could be had: transport error, stream cut before its end, null content
  unscorable,  ///< undecodable media, or a doc that cannot be rendered
};

enum class FinishReason { stop, length, other };

LMMS_EVAL_API std::string_view to_string(Status status);
LMMS_EVAL_API std::string_view to_string(FinishReason reason);
/// Inverse of to_string; unknown text is `other`.
LMMS_EVAL_API FinishReason finish_reason_from(std::string_view text);

struct TokenCounts {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> reasoning;
};

struct LMMS_EVAL_API Response {
  Status status = Status::answered;
  std::string text;        ///< generate_until
  double logprob = 0.0;    ///< loglikelihood: natural log, summed over the continuation's tokens
  bool is_greedy = false;  ///< loglikelihood: every continuation token is the argmax
  FinishReason finish_reason = FinishReason::stop;
  TokenCounts tokens;
  std::string error;  ///< one line, set when not answered

  static Response answer(std::string text, FinishReason reason = FinishReason::stop);
  static Response likelihood(double logprob, bool is_greedy);
  static Response failure(std::string error);
  static Response unscorable(std::string error);
};

}  // namespace lmms_eval
