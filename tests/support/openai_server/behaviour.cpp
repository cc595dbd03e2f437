#include "support/openai_server/behaviour.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace openai_server {
namespace {

using nlohmann::json;

const std::map<std::string, Fault>& fault_names() {
  static const std::map<std::string, Fault> kNames = {{"status", Fault::status},
                                                      {"cut_body", Fault::cut_body},
                                                      {"close", Fault::close},
                                                      {"hang", Fault::hang},
                                                      {"slow", Fault::slow},
                                                      {"null_content", Fault::null_content},
                                                      {"refusal", Fault::refusal},
                                                      {"malformed", Fault::malformed},
                                                      {"html", Fault::html},
                                                      {"error_in_200", Fault::error_in_200},
                                                      {"no_choices", Fault::no_choices},
                                                      {"empty", Fault::empty},
                                                      {"length", Fault::length},
                                                      {"content_filter", Fault::content_filter},
                                                      {"parts", Fault::parts},
                                                      {"other_answer", Fault::other_answer}};
  return kNames;
}

std::string error_body(std::string_view message) {
  return json{{"error", {{"message", message}, {"type", "test_error"}}}}.dump();
}

Reply with_body(int status, const std::string& body, const std::string& more_headers = {}) {
  return {http_response(status, "application/json", body, more_headers)};
}

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

/// prompt_tokens is a quarter of the body's length, completion_tokens the number of words, so that tests can foretell
/// them. `message` is JSON. Put together as text: this is what benchmarks wait for.
std::string completion(std::string_view message, std::string_view finish_reason, std::int64_t words,
                       std::size_t body_size) {
  const std::int64_t prompt = static_cast<std::int64_t>(body_size / 4);
  std::string text =
      R"({"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"test-model","choices":[{"index":0,"message":)";
  text.append(message).append(R"(,"finish_reason":")").append(finish_reason).append(R"("}],"usage":{"prompt_tokens":)");
  text.append(std::to_string(prompt))
      .append(R"(,"completion_tokens":)")
      .append(std::to_string(words))
      .append(R"(,"total_tokens":)");
  text.append(std::to_string(prompt + words)).append(R"(,"completion_tokens_details":{"reasoning_tokens":0}}})");
  return text;
}

std::string completion(const json& message, std::string_view finish_reason, std::size_t body_size) {
  const std::int64_t words =
      message["content"].is_string() ? count_words(message["content"].get_ref<const std::string&>()) : 0;
  return completion(message.dump(), finish_reason, words, body_size);
}

json assistant(json content) { return {{"role", "assistant"}, {"content", std::move(content)}}; }

std::string sha256(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex.append({kHex[digest[i] >> 4], kHex[digest[i] & 15]});
  return hex;
}

/// The bytes of the first data URL in the body; empty when there is none.
std::string first_image(const std::string& body) {
  static constexpr std::string_view kMark = ";base64,";
  const auto mark = body.find(kMark);
  if (mark == std::string::npos) return {};
  const auto begin = mark + kMark.size();
  const auto end = body.find('"', begin);
  if (end == std::string::npos) return {};
  std::string bytes((end - begin) / 4 * 3 + 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(body.data() + begin), static_cast<int>(end - begin));
  if (size < 0) return {};
  const auto padding = std::count(body.begin() + static_cast<std::ptrdiff_t>(std::max(begin, end - 2)),
                                  body.begin() + static_cast<std::ptrdiff_t>(end), '=');
  bytes.resize(static_cast<std::size_t>(size - padding));
  return bytes;
}

}  // namespace

std::vector<Rule> rules_from_json(const json& list) {
  std::vector<Rule> rules;
  for (const auto& item : list) {
    Rule rule;
    for (const auto& [key, value] : item.items()) {
      if (key == "fault") {
        const auto fault = fault_names().find(value.get<std::string>());
        if (fault == fault_names().end()) throw std::runtime_error("unknown fault " + value.dump());
        rule.fault = fault->second;
      } else if (key == "status")
        rule.status = value.get<int>();
      else if (key == "delay_ms")
        rule.delay_ms = value.get<int>();
      else if (key == "retry_after")
        rule.retry_after = value.is_string() ? value.get<std::string>() : value.dump();
      else if (key == "answer")
        rule.answer = value.get<std::string>();
      else if (key == "match")
        rule.match = value.get<std::string>();
      else if (key == "times")
        rule.times = value.get<std::int64_t>();
      else if (key == "times_each")
        rule.times_each = value.get<std::int64_t>();
      else if (key == "every")
        rule.every = value.get<std::int64_t>();
      else if (key == "rate")
        rule.rate = value.get<double>();
      else if (key == "after")
        rule.after = value.get<std::int64_t>();
      else
        throw std::runtime_error("unknown key in a rule: " + key);
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Behaviour::Behaviour(Options options)
    : options_(std::move(options)),
      met_(options_.rules.size()),
      usual_message_(assistant(options_.answer).dump()),
      usual_words_(count_words(options_.answer)) {}

const Rule* Behaviour::choose(const std::string& body) {
  for (std::size_t i = 0; i < options_.rules.size(); ++i) {
    const Rule& rule = options_.rules[i];
    Met& met = met_[i];
    if (requests_ <= rule.after) continue;
    if (!rule.match.empty() && body.find(rule.match) == std::string::npos) continue;
    if (++met.seen % std::max<std::int64_t>(1, rule.every) != 0) continue;
    if (rule.times >= 0 && met.done >= rule.times) continue;
    if (rule.rate < 1.0 && std::uniform_real_distribution<double>(0, 1)(random_) >= rule.rate) continue;
    if (rule.times_each >= 0) {
      std::int64_t& each = met.done_each[sha256(body)];
      if (each >= rule.times_each) continue;
      ++each;
    }
    ++met.done;
    return &rule;
  }
  return nullptr;
}

std::string Behaviour::answer_to(const std::string& body) const {
  if (options_.answers.empty()) return options_.answer;
  const auto answer = options_.answers.find(sha256(first_image(body)));
  return answer == options_.answers.end() ? options_.answer : answer->second;
}

Reply Behaviour::faulty(const Rule& rule, const HttpMessage& request) {
  const std::size_t size = request.body.size();
  const std::string answer = answer_to(request.body);
  switch (rule.fault) {
    case Fault::status:
      return with_body(rule.status, error_body("planted error " + std::to_string(rule.status)),
                       rule.retry_after.empty() ? std::string() : "Retry-After: " + rule.retry_after + "\r\n");
    case Fault::cut_body: {
      std::string bytes = with_body(200, completion(assistant(answer), "stop", size)).bytes;
      bytes.resize(bytes.size() - bytes.size() / 4);
      return {bytes, true};
    }
    case Fault::close:
      return {"", true};
    case Fault::hang:
      return {"", false, true};
    case Fault::slow: {
      Reply reply = proper(request);
      reply.delay_ms = rule.delay_ms;
      return reply;
    }
    case Fault::null_content:
      return with_body(200, completion(assistant(nullptr), "stop", size));
    case Fault::refusal: {
      json message = assistant(nullptr);
      message["refusal"] = "I cannot help with that.";
      return with_body(200, completion(message, "stop", size));
    }
    case Fault::malformed:
      return with_body(200, R"({"choices": [{"message": {"content": "A")");
    case Fault::html:
      return {http_response(200, "text/html", "<html><body>Sign in</body></html>")};
    case Fault::error_in_200:
      return with_body(200, error_body("planted error in a good status"));
    case Fault::no_choices:
      return with_body(200, R"({"choices": []})");
    case Fault::empty:
      return with_body(200, completion(assistant(""), "stop", size));
    case Fault::length:
      return with_body(200, completion(assistant(answer), "length", size));
    case Fault::content_filter:
      return with_body(200, completion(assistant(answer), "content_filter", size));
    case Fault::parts: {
      const auto half = static_cast<std::ptrdiff_t>(answer.size() / 2);
      const json content = {{{"type", "text"}, {"text", std::string(answer.begin(), answer.begin() + half)}},
                            {{"type", "text"}, {"text", std::string(answer.begin() + half, answer.end())}}};
      return with_body(200, completion(assistant(content), "stop", size));
    }
    case Fault::other_answer:
      return with_body(200, completion(assistant(rule.answer), "stop", size));
  }
  return {};
}

Reply Behaviour::chat_completion(const HttpMessage& request) {
  ++requests_;
  if (!options_.api_key.empty()) {
    const std::string key(request.header("authorization"));
    // Real servers repeat the key that they were given, too.
    if (key != "Bearer " + options_.api_key) return with_body(401, error_body("Incorrect API key provided: " + key));
  }
  if (const Rule* rule = choose(request.body)) return faulty(*rule, request);
  return proper(request);
}

void Behaviour::set_rules(std::vector<Rule> rules) {
  options_.rules = std::move(rules);
  met_.assign(options_.rules.size(), {});
}

Reply Behaviour::proper(const HttpMessage& request) const {
  if (!options_.answers.empty())
    return with_body(200, completion(assistant(answer_to(request.body)), "stop", request.body.size()));
  return with_body(200, completion(usual_message_, "stop", usual_words_, request.body.size()));
}

}  // namespace openai_server
