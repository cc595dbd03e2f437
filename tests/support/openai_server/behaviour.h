#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/openai_server/http_connection.h"

namespace openai_server {

/// What to do instead of answering properly.
enum class Fault {
  status,          ///< answer with `status` and a JSON error
  cut_body,        ///< promise the whole body, send half of it, close
  close,           ///< close without a byte
  hang,            ///< never answer
  slow,            ///< answer properly, `delay_ms` later than others
  null_content,    ///< "content": null
  refusal,         ///< "content": null and a refusal
  malformed,       ///< a body that is no JSON
  html,            ///< a web page with status 200, as proxies send
  error_in_200,    ///< status 200 with an error object
  no_choices,      ///< an empty list of choices
  empty,           ///< an empty answer
  length,          ///< an answer with finish_reason "length"
  content_filter,  ///< an answer with finish_reason "content_filter"
  parts,           ///< content as a list of two text parts
  other_answer,    ///< `answer` of the rule
};

/// When a fault happens. All conditions that are set must hold.
struct Rule {
  Fault fault = Fault::status;
  int status = 500;
  int delay_ms = 0;              ///< of `slow`
  std::string retry_after;       ///< value of the Retry-After header, empty: none
  std::string answer;            ///< of `other_answer`
  std::string match;             ///< only bodies that contain this text
  std::int64_t times = -1;       ///< so often in all, -1: always
  std::int64_t times_each = -1;  ///< so often for each distinct body, -1: always
  std::int64_t every = 1;        ///< only each n-th request
  double rate = 1.0;             ///< share of the requests, by a generator with a fixed seed
  std::int64_t after = 0;        ///< not for the first n requests
};

/// A list of objects such as {"fault": "status", "status": 503, "times": 2, "retry_after": "1"}. Throws
/// std::runtime_error.
std::vector<Rule> rules_from_json(const nlohmann::json& json);

struct Options {
  int port = 0;  ///< 0: any free one
  int latency_ms = 0;
  std::string answer = "A";
  std::map<std::string, std::string> answers;  ///< sha256 hex of the first image's bytes -> answer; `answer` for others
  std::string api_key;                         ///< when set, other keys get 401
  std::vector<Rule> rules;
  bool record_bodies = false;  ///< keep every body for `bodies()`
};

/// What is to be sent for one request.
struct Reply {
  std::string bytes;
  bool close = false;  ///< close the connection after them
  bool hang = false;   ///< send nothing, ever
  int delay_ms = 0;    ///< send them so much later
};

/// Decides what the server says. Used by the server's thread alone.
class Behaviour {
 public:
  explicit Behaviour(Options options);

  Reply chat_completion(const HttpMessage& request);
  void set_rules(std::vector<Rule> rules);

 private:
  struct Met {
    std::int64_t seen = 0;
    std::int64_t done = 0;
    std::unordered_map<std::string, std::int64_t> done_each;
  };

  const Rule* choose(const std::string& body);
  std::string answer_to(const std::string& body) const;
  Reply proper(const HttpMessage& request) const;
  Reply faulty(const Rule& rule, const HttpMessage& request);

  Options options_;
  std::vector<Met> met_;
  std::string usual_message_;
  std::int64_t usual_words_;
  std::int64_t requests_ = 0;
  std::mt19937_64 random_{20240229};
};

}  // namespace openai_server
