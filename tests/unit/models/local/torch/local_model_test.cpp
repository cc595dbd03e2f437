#include "models/local/torch/local_model.h"

#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"
#include "unit/models/local/torch/bundled_checkpoint.h"
#include "unit/models/local/torch/fake_family.h"
#include "unit/models/local/torch/fake_stream.h"

namespace lmms_eval::local {
namespace {

using testing::bundled_options;
using testing::FakeStream;
using ::testing::HasSubstr;
using testing::picture;

LocalModel make_model(LocalOptions options, int batch_size, std::optional<std::int64_t> seed = 1234) {
  options.batch_size = batch_size;
  ModelOptions flags;
  flags.torch_seed = seed;
  const c10::InferenceMode inference;
  return LocalModel("llava_onevision", options, flags);
}

Request ask(std::int64_t doc, std::vector<Part> parts, RequestType type = RequestType::generate_until) {
  Request request;
  request.type = type;
  request.task = "t";
  request.doc_id = doc;
  request.messages = {{Role::user, std::move(parts)}};
  request.options.max_new_tokens = 4;
  return request;
}

TEST(LocalModel, CompletesEveryRequestOfAMixedStreamOnce) {
  std::vector<Request> requests;
  for (int choice = 0; choice < 40; ++choice) {
    requests.push_back(ask(0, {Part::of_text("Which digit?")}, RequestType::loglikelihood));
    requests.back().index = choice;
    requests.back().continuation = std::to_string(choice);
  }
  for (std::int64_t doc = 1; doc < 6; ++doc)
    requests.push_back(ask(doc, {Part::of_media(picture(4)), Part::of_text("Which digit?")}));
  FakeStream stream(requests);
  make_model(bundled_options(), 2).run(stream);
  ASSERT_EQ(stream.responses.size(), 45u);
  for (std::uint64_t ticket = 0; ticket < 45; ++ticket) {
    ASSERT_EQ(stream.responses.count(ticket), 1u);
    EXPECT_EQ(stream.responses.find(ticket)->second.status, Status::answered);
  }
  FakeStream single({requests[7]});
  make_model(bundled_options(), 1).run(single);
  EXPECT_NEAR(single.responses.find(0)->second.logprob, stream.responses.find(7)->second.logprob, 1e-4);
}

TEST(LocalModel, FailsTheRequestsWhoseLogitsAreNotFiniteAndNoOthers) {
  const lmms_eval::testing::TempDir folder;
  std::filesystem::copy(testing::bundled_folder(), folder.path(), std::filesystem::copy_options::recursive);
  testing::put_nan(folder.path(), "image_newline");
  auto options = bundled_options();
  options.folder = folder.path();
  auto sampled = ask(3, {Part::of_media(picture(4)), Part::of_text("Which?")});
  sampled.options.do_sample = true;
  std::vector<Request> requests = {ask(0, {Part::of_text("Which digit is this?")}),
                                   ask(1, {Part::of_media(picture(4)), Part::of_text("Which?")}),
                                   ask(2, {Part::of_text("How many?")}), sampled};
  requests.push_back(ask(4, {Part::of_media(picture(4))}, RequestType::loglikelihood));
  requests.back().continuation = "7";
  FakeStream stream(requests);
  make_model(options, 3).run(stream);
  ASSERT_EQ(stream.responses.size(), 5u);
  for (const std::uint64_t ticket : {1, 3, 4}) {
    const auto& response = stream.responses.find(ticket)->second;
    EXPECT_EQ(response.status, Status::failed) << ticket;
    EXPECT_THAT(response.error, HasSubstr("logits are not finite")) << ticket;
    EXPECT_THAT(response.error, HasSubstr("float32")) << ticket;
  }
  FakeStream alone({requests[0], requests[2]});
  make_model(bundled_options(), 1).run(alone);
  EXPECT_EQ(stream.responses.find(0)->second.text, alone.responses.find(0)->second.text);
  EXPECT_EQ(stream.responses.find(2)->second.text, alone.responses.find(1)->second.text);
}

TEST(LocalModel, RefusesOptionsBeforeItAnswersAnythingOfTheirBatch) {
  auto request = ask(0, {Part::of_text("Which digit is this?")});
  request.options.num_beams = 5;
  FakeStream stream({request});
  auto model = make_model(bundled_options(), 1);
  try {
    model.run(stream);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.message(), HasSubstr("num_beams=5"));
  }
  EXPECT_TRUE(stream.responses.empty());
}

TEST(LocalModel, SaysHowManyDocsItLikesToHoldAndWhatItsAnswersDependOn) {
  const auto info = make_model(bundled_options(), 64).info();
  EXPECT_EQ(info.preferred_in_flight, 128u);
  EXPECT_EQ(info.identity.at("torch_seed"), "1234");
  EXPECT_EQ(make_model(bundled_options(), 1, 7).info().identity.at("torch_seed"), "7");
  EXPECT_FALSE(make_model(bundled_options(), 1, std::nullopt).info().identity.contains("torch_seed"));
}

TEST(Checkpoint, RefusesAnEmptyListOfFeatureLayers) {
  const std::vector<std::string> overrides = {"vision_feature_layer=[]"};
  try {
    Checkpoint::load(bundled_options(), overrides);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_THAT(error.message(), HasSubstr("vision_feature_layer names no layer"));
  }
}

TEST(Checkpoint, GivesATemplateOfTheUsersTheFoldersSpecialTokens) {
  auto options = bundled_options();
  options.chat_template = "{{ eos_token }}{{ messages[0].content[0].text }}";
  const auto checkpoint = Checkpoint::load(options);
  const std::vector<Message> messages = {{Role::user, {Part::of_text("x")}}};
  EXPECT_EQ(checkpoint.chat_template.render(messages, true), "<|im_end|>x");
}

TEST(Checkpoint, RefusesGenerationSettingsThatItDoesNotKnow) {
  const lmms_eval::testing::TempDir folder;
  std::filesystem::copy(testing::bundled_folder(), folder.path(), std::filesystem::copy_options::recursive);
  folder.write("generation_config.json", R"({"no_repeat_ngram_size": 2})");
  auto options = bundled_options();
  options.folder = folder.path();
  try {
    Checkpoint::load(options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("generation_config.json: no_repeat_ngram_size=2"));
  }
}

}  // namespace
}  // namespace lmms_eval::local
