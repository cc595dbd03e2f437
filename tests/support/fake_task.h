#pragma once

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "lmms_eval/model.h"
#include "lmms_eval/task.h"

namespace lmms_eval::testing {

/// `docs` questions "q<i>" with one medium each ("image <i>"), gold answer "a<i>", scored by equality.
class FakeTask final : public Task {
 public:
  FakeTask(std::string name, std::int64_t docs) : name_(std::move(name)), docs_(docs) {}

  std::int64_t unrenderable = -1;  ///< this doc throws while its requests are built
  int repeats_count = 1;
  RequestType type = RequestType::generate_until;

  const std::string& name() const override { return name_; }
  std::string alias() const override { return name_; }
  std::string output_type() const override { return "generate_until"; }
  std::string version() const override { return "1.0"; }
  int num_fewshot() const override { return 0; }
  int repeats() const override { return repeats_count; }
  std::int64_t num_docs() const override { return docs_; }
  Doc doc(std::int64_t id) const override {
    const std::string text = std::to_string(id);
    return Doc(id, {{"question", "q" + text}},
               {{"image", {MediaRef::from_bytes(MediaKind::image, "image " + text, text + ".png")}}});
  }
  std::vector<Request> build_requests(const Doc& doc) override {
    if (doc.id() == unrenderable) throw errors::data("doc {} has no question", doc.id());
    std::vector<Request> requests;
    for (int repeat = 0; repeat < repeats_count; ++repeat) {
      Request request;
      request.type = type;
      request.task = name_;
      request.doc_id = doc.id();
      request.repeat = repeat;
      request.messages = {
          {Role::user, {Part::of_media(doc.media("image")[0]), Part::of_text(doc.fields()["question"])}}};
      requests.push_back(request);
    }
    return requests;
  }
  nlohmann::ordered_json target(const Doc& doc) const override { return "a" + std::to_string(doc.id()); }
  std::vector<ScoredFilter> score(const Doc& doc, std::span<const Response> responses) const override {
    std::vector<ScoredFilter> scores(1);
    scores[0].filter = "none";
    scores[0].filtered_resps =
        std::make_unique<nlohmann::ordered_json>(nlohmann::ordered_json::array({responses[0].text}));
    scores[0].values.emplace_back("exact_match", responses[0].text == target(doc).get<std::string>() ? 1.0 : 0.0);
    return scores;
  }
  std::vector<MetricInfo> metrics() const override { return {{"exact_match", "mean", true}}; }
  MetricAggregate aggregate(const std::string&, std::span<const nlohmann::ordered_json> values, int) const override {
    double sum = 0;
    for (const auto& value : values) sum += value.get<double>();
    return {sum / static_cast<double>(values.size()), 0.25, std::nullopt, std::nullopt};
  }
  nlohmann::ordered_json dump_config() const override { return {{"task", name_}}; }

 private:
  std::string name_;
  std::int64_t docs_;
};

inline TaskNode leaf(std::shared_ptr<Task> task) {
  TaskNode node;
  node.name = task->name();
  node.alias = task->alias();
  node.task = std::move(task);
  return node;
}

/// Answers by a function of the request; counts what it is asked.
class FakeModel final : public LM {
 public:
  using Answer = std::function<Response(const Request&)>;
  explicit FakeModel(Answer answer, std::size_t batch = 4) : answer_(std::move(answer)), batch_(batch) {}

  ModelInfo info() const override {
    ModelInfo info;
    info.name = "fake";
    info.identity = {{"version", identity}};
    info.preferred_in_flight = batch_;
    return info;
  }
  std::vector<Response> generate_until(std::span<const Request> requests) override {
    std::vector<Response> responses;
    for (const auto& request : requests) {
      asked.push_back(request);
      responses.push_back(answer_(request));
    }
    return responses;
  }
  std::size_t batch_size() const override { return batch_; }

  std::vector<Request> asked;
  std::string identity = "1";

 private:
  Answer answer_;
  std::size_t batch_;
};

/// The gold answer of FakeTask.
inline Response gold(const Request& request) { return Response::answer("a" + std::to_string(request.doc_id)); }

}  // namespace lmms_eval::testing
