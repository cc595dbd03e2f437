#include "models/local/torch/generation_settings.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval::local {
namespace {

std::string refusal(const nlohmann::json& settings, void (*check)(const Config&) = refuse_generation_settings) {
  try {
    check(Config(settings, "generation_config.json: "));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.message();
  }
  return "";
}

TEST(GenerationSettings, AreRefusedByNameWhereTheyChangeAnswers) {
  for (const auto& settings : std::vector<nlohmann::json>{{{"no_repeat_ngram_size", 3}},
                                                          {{"suppress_tokens", {1, 2}}},
                                                          {{"min_new_tokens", 2}},
                                                          {{"forced_eos_token_id", 0}},
                                                          {{"guidance_scale", 1.5}},
                                                          {{"stop_strings", "x"}}}) {
    const auto message = refusal(settings);
    const auto key = settings.items().begin().key();
    EXPECT_EQ(message.find("generation_config.json: " + key + "=" + settings[key].dump()), 0u) << message;
  }
}

TEST(GenerationSettings, MayStandWithoutEffect) {
  EXPECT_EQ(refusal({{"no_repeat_ngram_size", 0},
                     {"suppress_tokens", nlohmann::json::array()},
                     {"bad_words_ids", nullptr},
                     {"guidance_scale", 1.0},
                     {"encoder_repetition_penalty", 1.0},
                     {"remove_invalid_values", false},
                     {"temperature", 0.2},
                     {"repetition_penalty", 1.1},
                     {"min_p", 0.1}}),
            "");
}

TEST(GenerationSettings, OfSamplingMatterToSamplingOnly) {
  EXPECT_NE(refusal({{"min_p", 0.1}}, refuse_sampling_settings).find("min_p=0.1"), std::string::npos);
  EXPECT_NE(refusal({{"typical_p", 0.9}}, refuse_sampling_settings), "");
  EXPECT_EQ(refusal({{"typical_p", 1.0}, {"min_p", 0.0}, {"epsilon_cutoff", 0.0}}, refuse_sampling_settings), "");
}

}  // namespace
}  // namespace lmms_eval::local
