#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "lmms_eval/error.h"
#include "lmms_eval/model.h"

namespace lmms_eval {
namespace {

/// `count` requests that say their number.
class NumberStream final : public RequestStream {
 public:
  explicit NumberStream(std::size_t count) : count_(count) {}

  std::optional<StreamedRequest> next() override { return std::nullopt; }
  bool exhausted() const override { return next_ == count_; }
  std::vector<StreamedRequest> next_batch(std::size_t count) override {
    std::vector<StreamedRequest> batch;
    for (; batch.size() < count && !exhausted(); ++next_) {
      Request request;
      request.doc_id = static_cast<std::int64_t>(next_);
      batch.push_back({next_, request});
    }
    return batch;
  }
  void complete(std::uint64_t ticket, Response response) override {
    EXPECT_EQ(responses.count(ticket), 0u);
    responses[ticket] = std::move(response);
  }
  bool stopping() const override { return false; }

  std::map<std::uint64_t, Response> responses;

 private:
  std::size_t count_;
  std::size_t next_ = 0;
};

class BatchModel final : public LM {
 public:
  using Answer = std::function<std::vector<Response>(std::span<const Request>)>;
  explicit BatchModel(Answer answer) : answer_(std::move(answer)) {}

  ModelInfo info() const override {
    ModelInfo info;
    info.name = "batch_model";
    return info;
  }
  std::vector<Response> generate_until(std::span<const Request> requests) override {
    sizes.push_back(requests.size());
    return answer_(requests);
  }
  std::size_t batch_size() const override { return 4; }

  std::vector<std::size_t> sizes;  ///< of each call

 private:
  Answer answer_;
};

std::vector<Response> numbers(std::span<const Request> requests) {
  std::vector<Response> responses;
  for (const auto& request : requests) responses.push_back(Response::answer(std::to_string(request.doc_id)));
  return responses;
}

TEST(LM, AsksABatchOnceWhenTheModelMarksWhatItCannotAnswer) {
  BatchModel model([](std::span<const Request> requests) {
    auto responses = numbers(requests);
    for (std::size_t i = 0; i < requests.size(); ++i)
      if (requests[i].doc_id == 2) responses[i] = Response::unscorable("a broken picture");
    return responses;
  });
  NumberStream stream(6);
  model.run(stream);
  EXPECT_EQ(model.sizes, (std::vector<std::size_t>{4, 2}));
  EXPECT_EQ(stream.responses[2].status, Status::unscorable);
  EXPECT_EQ(stream.responses[2].error, "a broken picture");
  EXPECT_EQ(stream.responses[3].text, "3");
  EXPECT_EQ(stream.responses[5].text, "5");
}

TEST(LM, TakesABatchApartWhenTheModelThrowsForTheWholeOfIt) {
  BatchModel model([](std::span<const Request> requests) {
    for (const auto& request : requests)
      if (request.doc_id == 2) throw Error(ErrorKind::data, "a broken picture");
    return numbers(requests);
  });
  NumberStream stream(5);
  model.run(stream);
  EXPECT_EQ(model.sizes, (std::vector<std::size_t>{4, 1, 1, 1, 1, 1}));
  EXPECT_EQ(stream.responses[2].status, Status::unscorable);
  EXPECT_EQ(stream.responses[3].text, "3");
}

TEST(LM, EndsTheRunForAnyOtherError) {
  BatchModel model(
      [](std::span<const Request>) -> std::vector<Response> { throw Error(ErrorKind::model, "out of memory"); });
  NumberStream stream(5);
  EXPECT_THROW(model.run(stream), Error);
  EXPECT_EQ(model.sizes, (std::vector<std::size_t>{4}));
}

TEST(LM, ShowsRawTextAsItIsSent) {
  const BatchModel model([](std::span<const Request>) { return std::vector<Response>(); });
  Request request;
  request.messages = {{Role::system, {Part::of_text("Sys.")}},
                      {Role::user, {Part::of_text("Q1")}, " "},
                      {Role::assistant, {Part::of_text("A1")}, "\n\n"},
                      {Role::user, {Part::of_text("Q2")}}};
  EXPECT_EQ(model.prompt_text(request), "Sys.Q1 A1\n\nQ2");
}

TEST(LM, RefusesAModelThatReturnsTooFewResponses) {
  BatchModel model([](std::span<const Request>) { return std::vector<Response>(1); });
  NumberStream stream(5);
  try {
    model.run(stream);
    FAIL() << "one response to four requests went through";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("model batch_model returned 1 responses to 4 requests"), 0u)
        << error.what();
  }
}

}  // namespace
}  // namespace lmms_eval
