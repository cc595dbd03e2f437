#include "models/local/torch/layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval::local {
namespace {

TEST(RmsNorm, DividesByTheRootMeanSquareInF32) {
  const RmsNorm norm{at::tensor({2.0f, 1.0f}), 0.0};
  const auto y = norm(at::tensor({3.0f, 4.0f}).view({1, 2}));
  EXPECT_NEAR(y[0][0].item<float>(), 2 * 3 / std::sqrt(12.5), 1e-6);
  EXPECT_NEAR(y[0][1].item<float>(), 4 / std::sqrt(12.5), 1e-6);
  // 300^2 is beyond float16; in f32 it is not.
  const RmsNorm half{at::ones({2}, at::kHalf), 0.0};
  EXPECT_NEAR(half(at::full({1, 2}, 300.0, at::kHalf))[0][0].item<float>(), 1.0, 1e-3);
}

TEST(RmsNorm, AddsEpsUnderTheRoot) {
  const RmsNorm norm{at::ones({1}), 3.0};
  EXPECT_NEAR(norm(at::ones({1, 1})).item<float>(), 0.5, 1e-6);
}

TEST(Rope, TurnsPairsOfHalvesByPositionTimesFrequency) {
  const Rope rope(100.0, 4, at::kCPU);  // frequencies 1 and 0.1
  const auto angles = rope.angles(at::tensor({0, 2}, at::kLong), at::kFloat);
  const auto x = at::tensor({1.0f, 0.0f, 0.0f, 1.0f}).expand({2, 1, 4});
  const auto y = Rope::rotate(x, angles);
  EXPECT_TRUE(at::allclose(y[0], x[0]));
  const auto expected = at::tensor({std::cos(2.0f), -std::sin(0.2f), std::sin(2.0f), std::cos(0.2f)}).view({1, 4});
  EXPECT_TRUE(at::allclose(y[1], expected, 1e-5, 1e-6)) << y[1];
}

TEST(Linear, FusedGivesTheSameAsItsPartsSideBySide) {
  const Linear a(at::randn({3, 5}), at::randn({3})), b(at::randn({2, 5}), at::randn({2}));
  const auto x = at::randn({7, 5});
  EXPECT_TRUE(at::allclose(Linear::fuse({a, b})(x), at::cat({a(x), b(x)}, -1), 1e-5, 1e-6));
}

TEST(Linear, PartsWithAndWithoutBiasCannotBeFused) {
  EXPECT_THROW(Linear::fuse({Linear(at::randn({3, 5}), at::randn({3})), Linear(at::randn({2, 5}), {})}), Error);
}

TEST(Activation, ComputesWhatItsNameSays) {
  const auto at_one = [](const char* name) { return activation(name, "key")(at::ones({1})).item<float>(); };
  EXPECT_NEAR(at_one("gelu"), 0.8413447f, 1e-6);
  EXPECT_NEAR(at_one("gelu_pytorch_tanh"), 0.8411920f, 1e-6);
  EXPECT_NEAR(at_one("quick_gelu"), 0.8457958f, 1e-6);
  EXPECT_NEAR(at_one("silu"), 0.7310586f, 1e-6);
  EXPECT_NEAR(activation("relu2", "key")(at::full({1}, 3.0)).item<float>(), 9.0f, 1e-6);
}

TEST(Activation, RefusesAnUnknownNameWithTheKeyAndTheKnownOnes) {
  try {
    activation("gelo", "config.json: hidden_act");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("config.json: hidden_act: activation 'gelo' is not supported"), std::string::npos);
    EXPECT_NE(error.message().find("gelu_pytorch_tanh"), std::string::npos);
  }
}

}  // namespace
}  // namespace lmms_eval::local
