// Our side of the comparison with lm-eval: a job a line on standard input, a record a line on standard output. A job
// names YAML files or tasks, flags, and the gold answers that the fake model gives now and then (tasks/fake_model.py).
#include <openssl/sha.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/error.h"
#include "lmms_eval/evaluate.h"

namespace {

using Json = nlohmann::ordered_json;
using lmms_eval::Request;
using lmms_eval::RequestType;
using lmms_eval::Response;
using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : "\x1f") + parts[i];
  Digest bits;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), bits.data());
  return bits;
}

double log_probability(const Digest& bits) { return -((bits[0] * 256 + bits[1]) % 8192 + 1) / 64.0; }

std::string answer(const Digest& bits, const std::string& gold) {
  static const std::array<const char*, 8> kTexts = {
      "yes", "No.", "42", "I don't know\nreally", "Straße über Köln", "你好，世界。", "\\boxed{7}", "Paris, France"};
  const std::string letter(1, "ABCDE"[bits[1] % 5]);
  const std::string number = std::to_string(bits[1]);
  switch (bits[0] % 16) {
    case 0:
    case 1:
    case 2:
      return gold;
    case 3:
      return gold + ".";
    case 4:
      return " " + gold + "\n";
    case 5:
      return "The answer is (" + letter + ").";
    case 6:
      return letter;
    case 7:
      return "So we get 12 * 3 = 36.\n#### " + number;
    case 8:
      return "";
    case 9:
      return "The answer is " + gold + ".\n\nQ: next";
    case 10:
      return "(" + gold + ")";
    case 11:
      return "Answer: $" + number + ",000.50";
    case 12:
      return kTexts[bits[1] % kTexts.size()];
    case 13:
      return "(" + letter + ") " + gold;
    case 14:
      return "<think>hmm " + letter + "</think>" + gold;
    default:
      return gold + " " + gold;
  }
}

std::string text_of(const lmms_eval::Message& message) {
  std::string text;
  for (const auto& part : message.parts) text += part.media ? "<media>" : part.text;
  return text;
}

/// The model's own template when asked for, else the texts one after another.
std::string context_of(const Request& request, bool chat) {
  if (request.messages.empty()) return "";  // unconditional, or rolling
  std::string text;
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    if (!chat) {
      text += text_of(message) + message.raw_delimiter;
      continue;
    }
    const std::string role(lmms_eval::to_string(message.role));
    const bool open = i + 1 == request.messages.size() && message.role == lmms_eval::Role::assistant;
    text += "<" + role + ">" + text_of(message) + (open ? "" : "</" + role + ">\n");
  }
  const bool goes_on = !request.messages.empty() && request.messages.back().role == lmms_eval::Role::assistant;
  return chat && !goes_on ? text + "<assistant>" : text;
}

/// Answers from a hash of what it is asked, and keeps what it was asked.
class FakeModel final : public lmms_eval::LM {
 public:
  FakeModel(Json golds, bool chat) : golds_(std::move(golds)), chat_(chat) {}

  lmms_eval::ModelInfo info() const override {
    lmms_eval::ModelInfo info;
    info.name = "fake";
    info.preferred_in_flight = 64;
    return info;
  }
  bool supports(RequestType) const override { return true; }
  std::size_t batch_size() const override { return 16; }

  std::vector<Response> generate_until(std::span<const Request> requests) override {
    std::vector<Response> responses;
    for (const auto& request : requests) {
      const std::string context = context_of(request, chat_);
      std::string until;
      for (std::size_t i = 0; i < request.options.until.size(); ++i)
        until += (i == 0 ? "" : "\x1e") + request.options.until[i];
      const auto bits = digest({"generate_until", context, until, std::to_string(request.repeat)});
      responses.push_back(Response::answer(answer(bits, gold(request))));
      keep(request, {{"context", context}, {"options", Json::parse(request.options.to_json())}});
    }
    return responses;
  }

  std::vector<Response> loglikelihood(std::span<const Request> requests) override {
    std::vector<Response> responses;
    for (const auto& request : requests) {
      const std::string context = context_of(request, chat_);
      const std::string continuation = (chat_ ? "" : request.raw_delimiter) + request.continuation;
      const auto bits = digest({"loglikelihood", context, continuation});
      responses.push_back(Response::likelihood(log_probability(bits), bits[2] % 4 == 0));
      keep(request, {{"context", context}, {"continuation", continuation}});
    }
    return responses;
  }

  std::vector<Response> loglikelihood_rolling(std::span<const Request> requests) override {
    std::vector<Response> responses;
    for (const auto& request : requests) {
      const std::string context = context_of(request, chat_);
      const std::string& text = request.continuation.empty() ? context : request.continuation;
      responses.push_back(Response::likelihood(log_probability(digest({"loglikelihood_rolling", text})), false));
      keep(request, {{"context", request.continuation.empty() ? "" : context}, {"continuation", text}});
    }
    return responses;
  }

  Json requests() const {
    Json list = Json::array();
    for (const auto& [key, request] : requests_) list.push_back(request);
    return list;
  }

 private:
  using Key = std::tuple<std::string, std::int64_t, int>;

  std::string gold(const Request& request) const {
    const auto task = golds_.find(request.task);
    if (task == golds_.end()) return "";
    return task->value(std::to_string(request.doc_id), std::string());
  }

  void keep(const Request& request, Json what) {
    Json& kept = requests_[Key(request.task, request.doc_id, request.index)];
    if (kept.is_null()) {
      kept = {{"task", request.task},
              {"type", lmms_eval::to_string(request.type)},
              {"doc_id", request.doc_id},
              {"index", request.index},
              {"repeats", 0}};
      kept.update(what);
    }
    kept["repeats"] = kept["repeats"].get<int>() + 1;
  }

  Json golds_;
  bool chat_;
  std::map<Key, Json> requests_;
};

class SampleList final : public lmms_eval::ResultSink {
 public:
  bool wants_samples() const override { return true; }
  void sample(const lmms_eval::Sample& sample) override {
    Json line = Json::parse(sample.json);
    line["task"] = sample.task->name();
    line.erase("input");
    samples_[{sample.task->name(), sample.filter_index, sample.doc_id}] = std::move(line);
  }
  Json list() const {
    Json list = Json::array();
    for (const auto& [key, line] : samples_) list.push_back(line);
    return list;
  }

 private:
  std::map<std::tuple<std::string, int, std::int64_t>, Json> samples_;
};

lmms_eval::TaskOverrides overrides_of(const Json& options) {
  lmms_eval::TaskOverrides overrides;
  if (options.contains("num_fewshot")) overrides.num_fewshot = options["num_fewshot"].get<int>();
  if (options.contains("repeats")) overrides.repeats = options["repeats"].get<int>();
  if (options.contains("fewshot_seed")) overrides.fewshot_seed = options["fewshot_seed"].get<std::int64_t>();
  if (options.contains("gen_kwargs")) overrides.gen_kwargs_json = options["gen_kwargs"].dump();
  overrides.system_instruction = options.value("system_instruction", "");
  overrides.apply_chat_template = options.value("chat", false);
  overrides.fewshot_as_multiturn = options.value("multiturn", false);
  overrides.model_name = "fake";
  overrides.reasoning_tags = "none";
  return overrides;
}

Json run(const Json& job) {
  const Json options = job.value("options", Json::object());
  std::vector<std::filesystem::path> include;
  if (const std::string path = job.value("include_path", ""); !path.empty()) include.emplace_back(path);
  const lmms_eval::TaskManager manager(include, false);
  FakeModel model(job.value("golds", Json::object()), options.value("chat", false));
  SampleList samples;
  lmms_eval::EvaluateOptions how;
  if (options.contains("limit")) how.limit = options["limit"].get<double>();
  how.bootstrap_iters = options.value("bootstrap_iters", 20);
  how.show_progress = false;
  std::array<lmms_eval::ResultSink*, 1> sinks = {&samples};
  const auto results = lmms_eval::evaluate(
      model, manager.load(job["tasks"].get<std::vector<std::string>>(), overrides_of(options)), how, sinks);
  Json record = {{"requests", model.requests()}, {"samples", samples.list()}, {"problems", results.problems}};
  for (const char* part : {"results", "n-shot", "versions", "higher_is_better", "group_subtasks", "n-samples"})
    record[part] = results.document->value(part, Json::object());
  return record;
}

Json answer_line(const std::string& line) {
  const Json job = Json::parse(line);
  Json record = {{"id", job["id"]}};
  try {
    record.update(run(job));
  } catch (const std::exception& error) {
    record["error"] = error.what();
  }
  return record;
}

}  // namespace

int main() {
  // Records have the standard output to themselves: whatever else is printed goes to standard error.
  std::FILE* out = fdopen(dup(STDOUT_FILENO), "w");
  dup2(STDERR_FILENO, STDOUT_FILENO);
  for (std::string line; std::getline(std::cin, line);) {
    const std::string record = answer_line(line).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    std::fwrite(record.data(), 1, record.size(), out);
    std::fflush(out);
  }
}
