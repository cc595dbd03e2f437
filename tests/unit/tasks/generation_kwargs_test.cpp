#include "tasks/generation_kwargs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using lmms_eval::testing::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(GenerationOptionsOf, TypesWhatHasAField) {
  const auto options = generation_options({{"max_new_tokens", 16.0},
                                           {"temperature", 0},
                                           {"top_p", 0.5},
                                           {"top_k", 3},
                                           {"num_beams", 2},
                                           {"do_sample", false},
                                           {"repetition_penalty", 1.5},
                                           {"seed", 7},
                                           {"until", "\n"}},
                                          "t.yaml:3");
  EXPECT_EQ(options.max_new_tokens, 16);
  EXPECT_EQ(options.temperature, 0.0);
  EXPECT_EQ(options.top_p, 0.5);
  EXPECT_EQ(options.top_k, 3);
  EXPECT_EQ(options.num_beams, 2);
  EXPECT_EQ(options.do_sample, false);
  EXPECT_EQ(options.repetition_penalty, 1.5);
  EXPECT_EQ(options.seed, 7);
  EXPECT_THAT(options.until, ElementsAre("\n"));
  EXPECT_EQ(options.extra_json, "{}");
}

TEST(GenerationOptionsOf, CarriesTheRestAndLeavesNullsOut) {
  const auto options = generation_options(
      {{"image_aspect_ratio", "pad"}, {"top_p", nullptr}, {"until", nullptr}, {"other", nullptr}}, "t.yaml:3");
  EXPECT_EQ(options.extra_json, R"({"image_aspect_ratio":"pad"})");
  EXPECT_FALSE(options.top_p);
  EXPECT_TRUE(options.until.empty());
}

TEST(GenerationOptionsOf, RefusesWrongValues) {
  EXPECT_THAT(error_of([] {
                generation_options({{"max_new_tokens", "many"}}, "t.yaml:3");
              }),
              HasSubstr("t.yaml:3: max_new_tokens must be a number"));
  EXPECT_THAT(error_of([] {
                generation_options({{"max_new_tokens", 1.5}}, "t.yaml:3");
              }),
              HasSubstr("must be a whole number"));
  EXPECT_THAT(error_of([] {
                generation_options({{"max_new_tokens", 0}}, "t.yaml:3");
              }),
              HasSubstr("must be from 1 on"));
  EXPECT_THAT(error_of([] {
                generation_options({{"do_sample", "yes"}}, "t.yaml:3");
              }),
              HasSubstr("do_sample must be true or false"));
  EXPECT_THAT(error_of([] {
                generation_options({{"until", {1}}}, "t.yaml:3");
              }),
              HasSubstr("until must be a text or a list"));
}

TEST(GenerationOptionsOf, RefusesNumbersOutOfRange) {
  for (const nlohmann::ordered_json wrong : {nlohmann::ordered_json{{"max_new_tokens", 1e300}},
                                             {{"top_p", 2}},
                                             {{"temperature", -1}},
                                             {{"top_k", 1e10}},
                                             {{"num_beams", 0}},
                                             {{"seed", 1e300}}}) {
    EXPECT_THAT(error_of([&] { generation_options(wrong, "t.yaml:3"); }), HasSubstr("t.yaml:3: ")) << wrong;
  }
  EXPECT_THAT(error_of([] {
                generation_options({{"temperature", std::numeric_limits<double>::quiet_NaN()}}, "t.yaml:3");
              }),
              HasSubstr("temperature must be from 0 on"));
}

TEST(GenerationOptionsOf, GivesTheKindOfErrorThatIsAskedFor) {
  try {
    generation_options({{"temperature", "hot"}}, "--gen_kwargs", ErrorKind::usage);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

}  // namespace
}  // namespace lmms_eval
