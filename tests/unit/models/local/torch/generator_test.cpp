#include "models/local/torch/generator.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <random>

#include "unit/models/local/torch/bundled_checkpoint.h"

namespace lmms_eval::local {
namespace {

/// Prompts of text alone, of very different lengths.
std::vector<Prompt> make_prompts() {
  std::mt19937 random(5);
  std::vector<Prompt> prompts;
  for (const int length : {3, 40, 11, 70, 1, 25, 39, 8}) {
    auto& prompt = prompts.emplace_back();
    for (int i = 0; i < length; ++i) prompt.ids.push_back(static_cast<std::int32_t>(random() % 256));
    prompt.context_length = prompt.ids.size();
  }
  return prompts;
}

std::vector<Generated> generate(const Generator& generator, const std::vector<const Prompt*>& prompts) {
  SamplingOptions options;
  options.max_new_tokens = 12;
  return generator.generate(prompts, options, std::vector<std::uint64_t>(prompts.size()));
}

/// Equal up to the first place where both tokens are about as likely.
void expect_same(const Generator& generator, Prompt prompt, const std::vector<std::int32_t>& a,
                 const std::vector<std::int32_t>& b, float tie) {
  ASSERT_EQ(a.size(), b.size());
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
  if (differ == static_cast<std::ptrdiff_t>(a.size())) return;
  prompt.ids.insert(prompt.ids.end(), a.begin(), a.begin() + differ);
  const auto logits = generator.all_logits(prompt)[-1];
  EXPECT_NEAR(logits[a[differ]].item<float>(), logits[b[differ]].item<float>(), tie)
      << "prompt of " << prompt.context_length << ", new token " << differ;
}

class GeneratorTest : public ::testing::TestWithParam<std::pair<const char*, float>> {};

TEST_P(GeneratorTest, AnswersPromptsOfDifferentLengthsInABatchAsAlone) {
  const c10::InferenceMode inference;
  const auto checkpoint = Checkpoint::load(testing::bundled_options(GetParam().first));
  const Generator generator(*checkpoint.family, {});
  const auto prompts = make_prompts();
  std::vector<const Prompt*> all;
  for (const auto& prompt : prompts) all.push_back(&prompt);
  const auto together = generate(generator, all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(together[i].error, "");
    const auto alone = generate(generator, {all[i]}).front();
    expect_same(generator, prompts[i], together[i].ids, alone.ids, GetParam().second);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, GeneratorTest,
                         ::testing::Values(std::pair("float32", 1e-3f), std::pair("bfloat16", 0.3f)),
                         [](const auto& test) { return std::string(test.param.first); });

}  // namespace
}  // namespace lmms_eval::local
