#include "models/local/torch/config.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "models/local/torch/decoder.h"
#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(Config, NamesFileAndFullKeyInErrors) {
  const testing::TempDir folder;
  const auto config =
      Config::load(folder.write("config.json", R"({"text_config": {"hidden_size": "big", "eps": null}})"));
  const auto text = config.section("text_config");
  EXPECT_EQ(message_of([&] { text.integer("hidden_size"); }),
            "config.json: text_config.hidden_size must be an integer, not \"big\"");
  EXPECT_EQ(message_of([&] { text.number("eps"); }), "config.json: text_config.eps is missing");
  EXPECT_DOUBLE_EQ(text.number("eps", 0.5), 0.5);
  EXPECT_FALSE(text.has("eps"));
}

TEST(Config, PutsOverridesOverTheFile) {
  const testing::TempDir folder;
  const auto file =
      folder.write("config.json", R"({"text_config": {"rope_theta": 1, "hidden_act": "silu"}, "layer": -1})");
  const std::vector<std::string> overrides = {"text_config.rope_theta=5000", "text_config.hidden_act=gelu",
                                              "layer=[0, 2]"};
  const auto config = Config::load(file, overrides);
  EXPECT_DOUBLE_EQ(config.section("text_config").number("rope_theta"), 5000);
  EXPECT_EQ(config.section("text_config").text("hidden_act"), "gelu");
  EXPECT_EQ(config.integers("layer"), (std::vector<std::int64_t>{0, 2}));
}

TEST(Config, RefusesWhatIsNoJsonObject) {
  const testing::TempDir folder;
  EXPECT_NE(message_of([&] { Config::load(folder.write("config.json", "[1]")); }).find("not a JSON object"),
            std::string::npos);
}

Config text_config(nlohmann::json json) { return {std::move(json), "config.json: text_config."}; }

TEST(DecoderShape, ReadsThetaOfBothTransformersVersions) {
  EXPECT_DOUBLE_EQ(DecoderShape::qwen2(text_config({{"rope_theta", 1e6}})).rope_theta, 1e6);
  EXPECT_DOUBLE_EQ(
      DecoderShape::qwen2(text_config({{"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 5e5}}}}))
          .rope_theta,
      5e5);
  EXPECT_DOUBLE_EQ(DecoderShape::qwen2(text_config(nlohmann::json::object())).rope_theta, 10000);
}

TEST(DecoderShape, RefusesWhatItWouldComputeWrongly) {
  for (const auto& json : std::vector<nlohmann::json>{{{"rope_scaling", {{"type", "yarn"}, {"factor", 4}}}},
                                                      {{"rope_parameters", {{"rope_type", "linear"}}}},
                                                      {{"use_sliding_window", true}, {"sliding_window", 128}},
                                                      {{"layer_types", {"full_attention", "sliding_attention"}}},
                                                      {{"num_attention_heads", 6}, {"num_key_value_heads", 4}},
                                                      {{"hidden_act", "softplus9"}}})
    EXPECT_THROW(DecoderShape::qwen2(text_config(json)), Error) << json;
  EXPECT_NO_THROW(DecoderShape::qwen2(text_config({{"use_sliding_window", false}, {"sliding_window", 128}})));
}

}  // namespace
}  // namespace lmms_eval::local
