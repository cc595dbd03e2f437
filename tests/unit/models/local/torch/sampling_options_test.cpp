#include <gtest/gtest.h>

#include "lmms_eval/error.h"

#include "models/local/torch/local_model.h"

namespace lmms_eval::local {
namespace {

const Config kNone{nlohmann::json::object(), "generation_config.json: "};
const Config kCheckpoint{
    {{"do_sample", true}, {"temperature", 0.6}, {"top_k", 20}, {"top_p", 0.8}, {"repetition_penalty", 1.05}},
    "generation_config.json: "};
constexpr WrapperRules kOnevision{1024, true, false};
constexpr WrapperRules kByTemperature{4096, false, true};

TEST(SamplingOptions, AreGreedyUnlessTheRequestAsksForMore) {
  const auto options = sampling_options({}, kCheckpoint, kOnevision);
  EXPECT_FALSE(options.sample);
  EXPECT_EQ(options.max_new_tokens, 1024);
  EXPECT_DOUBLE_EQ(options.repetition_penalty, 1.05);
  EXPECT_EQ(sampling_options({}, kNone, kByTemperature).max_new_tokens, 4096);
}

TEST(SamplingOptions, FollowTheWrappersRuleForSampling) {
  GenerationOptions temperature;
  temperature.temperature = 0.7;
  EXPECT_FALSE(sampling_options(temperature, kNone, kOnevision).sample);
  EXPECT_TRUE(sampling_options(temperature, kNone, kByTemperature).sample);
  GenerationOptions do_sample;
  do_sample.do_sample = true;
  EXPECT_TRUE(sampling_options(do_sample, kNone, kOnevision).sample);
  EXPECT_FALSE(sampling_options(do_sample, kNone, kByTemperature).sample);
  do_sample.temperature = 0.0;
  EXPECT_FALSE(sampling_options(do_sample, kNone, kOnevision).sample);
}

TEST(SamplingOptions, TakeTheRequestBeforeTheCheckpointBeforeTransformersDefaults) {
  GenerationOptions asked;
  asked.do_sample = true;
  const auto plain = sampling_options(asked, kNone, kOnevision);
  EXPECT_EQ(plain.top_k, 50);
  EXPECT_DOUBLE_EQ(plain.top_p, 1.0);
  EXPECT_DOUBLE_EQ(plain.temperature, 1.0);
  const auto saved = sampling_options(asked, kCheckpoint, kOnevision);
  EXPECT_EQ(saved.top_k, 20);
  EXPECT_DOUBLE_EQ(saved.top_p, 0.8);
  EXPECT_DOUBLE_EQ(saved.temperature, 0.6);
  asked.top_k = 3;
  asked.top_p = 0.5;
  asked.temperature = 0.9;
  asked.repetition_penalty = 1.0;
  asked.max_new_tokens = 7;
  const auto all = sampling_options(asked, kCheckpoint, kOnevision);
  EXPECT_EQ(all.top_k, 3);
  EXPECT_DOUBLE_EQ(all.top_p, 0.5);
  EXPECT_DOUBLE_EQ(all.temperature, 0.9);
  EXPECT_DOUBLE_EQ(all.repetition_penalty, 1.0);
  EXPECT_EQ(all.max_new_tokens, 7);
}

TEST(SamplingOptions, RefuseBeamSearchAndValuesOutOfRange) {
  const auto kind_of = [](auto change) {
    GenerationOptions asked;
    asked.do_sample = true;
    change(asked);
    try {
      sampling_options(asked, kNone, kOnevision);
    } catch (const Error& error) {
      return std::string(to_string(error.kind()));
    }
    return std::string("accepted");
  };
  EXPECT_EQ(kind_of([](GenerationOptions& o) { o.num_beams = 4; }), "usage");
  EXPECT_EQ(kind_of([](GenerationOptions& o) { o.num_beams = 1; }), "accepted");
  EXPECT_EQ(kind_of([](GenerationOptions& o) { o.max_new_tokens = 0; }), "usage");
  EXPECT_EQ(kind_of([](GenerationOptions& o) { o.top_p = 1.5; }), "usage");
  EXPECT_EQ(kind_of([](GenerationOptions& o) { o.top_k = -1; }), "usage");
  EXPECT_EQ(kind_of([](GenerationOptions& o) { o.repetition_penalty = 0.0; }), "usage");
}

}  // namespace
}  // namespace lmms_eval::local
