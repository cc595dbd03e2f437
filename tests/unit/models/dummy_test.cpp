#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "lmms_eval/error.h"
#include "lmms_eval/model.h"
#include "media/image.h"

namespace lmms_eval {
namespace {

std::unique_ptr<LM> dummy(const std::string& args, const std::string& name = "dummy") {
  ModelOptions options;
  options.args = args;
  return create_model(name, options);
}

Request with_image(std::string bytes) {
  Request request;
  request.messages = {
      {Role::user,
       {Part::of_media(MediaRef::from_bytes(MediaKind::image, std::move(bytes), "a.png")), Part::of_text("what?")}}};
  return request;
}

std::string png() {
  media::Image image{2, 2, 3, std::vector<std::uint8_t>(12, 7)};
  return media::encode_png(image);
}

TEST(Dummy, AnswersAToEverything) {
  const Request request = with_image("no image at all");
  const auto responses = dummy("")->generate_until({&request, 1});
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].text, "A");
  EXPECT_EQ(responses[0].status, Status::answered);
}

TEST(Dummy, AnswersWhatItIsToldToAndTakesABlankAnswerForA) {
  const Request request = with_image("");
  EXPECT_EQ(dummy("response=seven")->generate_until({&request, 1})[0].text, "seven");
  EXPECT_EQ(dummy("response= ")->generate_until({&request, 1})[0].text, "A");
}

TEST(Dummy, GivesALogLikelihoodOfZeroThatIsNotGreedy) {
  const Request request = with_image("");
  const auto model = dummy("", "dummy_video_reader");
  const auto response = model->loglikelihood({&request, 1})[0];
  EXPECT_EQ(response.logprob, 0.0);
  EXPECT_FALSE(response.is_greedy);
  EXPECT_TRUE(model->supports(RequestType::loglikelihood_rolling));
}

TEST(Dummy, CountsTheBytesOfMediaUpToReadBytes) {
  const Request request = with_image(std::string(1000, 'x'));
  const auto count = [&](const std::string& args) {
    const auto model = dummy(args);
    model->generate_until({&request, 1});
    const auto metrics = model->info().metrics;
    return metrics.count("media_bytes") ? metrics.at("media_bytes") : 0.0;
  };
  EXPECT_EQ(count("read_bytes=100"), 100);
  EXPECT_EQ(count("read_bytes=-1"), 1000);
  EXPECT_EQ(count("read_bytes=0"), 0);
}

TEST(Dummy, DecodesImagesAndSaysWhichOneIsBroken) {
  const Request good = with_image(png());
  const auto model = dummy("decode_num_frames=1");
  model->generate_until({&good, 1});
  EXPECT_EQ(model->info().metrics.at("media_decoded"), 1);

  const std::vector<Request> mixed = {good, with_image("no image at all"), good};
  const auto responses = model->generate_until(mixed);
  ASSERT_EQ(responses.size(), 3u);
  EXPECT_EQ(responses[0].status, Status::answered);
  EXPECT_EQ(responses[1].status, Status::unscorable);
  EXPECT_NE(responses[1].error.find("a.png"), std::string::npos) << responses[1].error;
  EXPECT_EQ(responses[2].status, Status::answered);
  EXPECT_EQ(model->info().metrics.at("media_decoded"), 3);
}

TEST(Dummy, TouchesEachMediumOfABatchOnceWhateverIsBrokenInIt) {
  const std::vector<Request> requests = {with_image(png()), with_image("no image at all"), with_image(png())};
  class Stream final : public RequestStream {
   public:
    explicit Stream(const std::vector<Request>& requests) : requests_(requests) {}
    std::optional<StreamedRequest> next() override { return std::nullopt; }
    bool exhausted() const override { return taken_; }
    std::vector<StreamedRequest> next_batch(std::size_t) override {
      std::vector<StreamedRequest> batch;
      if (std::exchange(taken_, true)) return batch;
      for (std::size_t i = 0; i < requests_.size(); ++i) batch.push_back({i, requests_[i]});
      return batch;
    }
    void complete(std::uint64_t, Response response) override { unscorable += response.status == Status::unscorable; }
    bool stopping() const override { return false; }
    int unscorable = 0;

   private:
    const std::vector<Request>& requests_;
    bool taken_ = false;
  } stream(requests);
  const auto model = dummy("decode_num_frames=1,batch_size=3");
  model->run(stream);
  EXPECT_EQ(stream.unscorable, 1);
  EXPECT_EQ(model->info().metrics.at("media"), 3);
}

TEST(Dummy, CountsBrokenMediaWhenItMayGoOn) {
  const Request bad = with_image("no image at all");
  const auto model = dummy("decode_num_frames=1,fail_on_missing=False");
  EXPECT_EQ(model->generate_until({&bad, 1})[0].text, "A");
  EXPECT_EQ(model->info().metrics.at("media_missing"), 1);
  EXPECT_EQ(model->info().metrics.at("media_decoded"), 0);
}

TEST(Dummy, TakesItsBatchSizeFromTheFlagUnlessModelArgsSaysOtherwise) {
  ModelOptions options;
  options.batch_size = "8";
  EXPECT_EQ(create_model("dummy", options)->batch_size(), 8u);
  options.args = "batch_size=3";
  EXPECT_EQ(create_model("dummy", options)->batch_size(), 3u);
}

}  // namespace
}  // namespace lmms_eval
