#include "models/local/torch/weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstring>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

/// A safetensors file of two f32 tensors: model.a.weight [2, 2] = 1 2 3 4 and b [1] = 0.1.
testing::TempDir& checkpoint() {
  static testing::TempDir folder;
  static const bool written = [] {
    std::string header =
        R"({"model.a.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}})";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = header.size();
    const float values[] = {1, 2, 3, 4, 0.1f};
    std::string bytes(reinterpret_cast<const char*>(&size), 8);
    bytes += header;
    bytes.append(reinterpret_cast<const char*>(values), sizeof values);
    folder.write("model.safetensors", bytes);
    return true;
  }();
  EXPECT_TRUE(written);
  return folder;
}

WeightLoader open(at::ScalarType dtype = at::kFloat) {
  return {SafeTensors::open(checkpoint().path()), {{"model.", ""}}, dtype, at::kCPU};
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(WeightLoader, FindsRenamedTensorsWithinScopes) {
  const auto weights = open();
  const auto a = weights.scope("a").take("weight", {2, 2});
  EXPECT_TRUE(at::equal(a, at::tensor({1.0f, 2.0f, 3.0f, 4.0f}).view({2, 2})));
}

TEST(WeightLoader, TensorsOutliveTheLoader) {
  const auto a = [] { return open().take("a.weight", {2, 2}); }();
  EXPECT_EQ(a[1][1].item<float>(), 4.0f);
}

TEST(WeightLoader, ConvertsToTheWantedType) {
  const auto b = open(at::kBFloat16).take("b", {1});
  EXPECT_EQ(b.scalar_type(), at::kBFloat16);
  EXPECT_FLOAT_EQ(b.item<float>(), 0.10009765625f);
}

TEST(WeightLoader, NamesTensorFileAndShapes) {
  const auto text = message_of([] { open().take("a.weight", {4, 1}); });
  EXPECT_NE(text.find("model.safetensors: tensor 'model.a.weight' has shape [2, 2], config.json asks for [4, 1]"),
            std::string::npos)
      << text;
}

TEST(WeightLoader, NamesAMissingTensor) {
  const auto text = message_of([] { open().scope("layers.3").take("q_proj.weight", {1}); });
  EXPECT_NE(text.find("weight 'layers.3.q_proj.weight' is missing"), std::string::npos) << text;
}

TEST(WeightLoader, RefusesTwoNamesForOneWeight) {
  const auto text = message_of([] {
    WeightLoader(SafeTensors::open(checkpoint().path()), {{"model.a.weight", "b"}}, at::kFloat, at::kCPU);
  });
  EXPECT_NE(text.find("the same weight under two names"), std::string::npos) << text;
}

}  // namespace
}  // namespace lmms_eval::local
