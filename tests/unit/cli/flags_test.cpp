#include "cli/flags.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval::cli {
namespace {

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    parse_flags(arguments);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.message();
  }
  return "no error";
}

TEST(Flags, ValuesMayFollowOrBeBoundWithAnEqualsSign) {
  const auto options = parse_flags({"--model", "m", "--tasks=a,b", "--limit", "0.5", "-b", "auto:3", "-n", "2"});
  EXPECT_EQ(options.model, "m");
  EXPECT_EQ(options.tasks, "a,b");
  EXPECT_EQ(options.limit, 0.5);
  EXPECT_EQ(options.batch_size, "auto:3");
  EXPECT_EQ(options.repeats, 2);
}

TEST(Flags, DefaultsAreThoseOfTheGuide) {
  const auto options = parse_flags({});
  EXPECT_EQ(options.seed, "0,1234,1234,1234");
  EXPECT_EQ(options.batch_size, "1");
  EXPECT_EQ(options.verbosity, "INFO");
  EXPECT_EQ(options.num_fewshot, std::nullopt);
  EXPECT_EQ(options.apply_chat_template, std::nullopt);
  EXPECT_TRUE(options.given.empty());
}

TEST(Flags, AnEmptyValueIsOneBoundOrNot) {
  EXPECT_EQ(parse_flags({"--gen_kwargs=", "--tasks", "x"}).tasks, "x");
  EXPECT_EQ(parse_flags({"--gen_kwargs=", "--tasks", "x"}).given.at("gen_kwargs"), "");
  EXPECT_EQ(parse_flags({"--gen_kwargs", "", "--tasks", "x"}).tasks, "x");
}

TEST(Flags, NumbersThatAreNoneAreNamed) {
  EXPECT_EQ(error_of({"--limit", "many"}), "--limit many: must be a number");
  EXPECT_EQ(error_of({"--offset", "1.5"}), "--offset 1.5: must be a whole number");
}

TEST(Flags, KindsSayWhatAFlagTakes) {
  EXPECT_EQ(flag_kind("tasks"), FlagKind::list);
  EXPECT_EQ(flag_kind("gen_kwargs"), FlagKind::key_values);
  EXPECT_EQ(flag_kind("samples"), FlagKind::json);
  EXPECT_EQ(flag_kind("write_out"), FlagKind::on_off);
  EXPECT_EQ(flag_kind("apply_chat_template"), FlagKind::on_off_or_text);
  EXPECT_EQ(flag_kind("num_samples"), FlagKind::text);
}

TEST(Flags, NegativeNumbersAreValues) {
  EXPECT_EQ(parse_flags({"--limit", "-1"}).limit, -1.0);
  EXPECT_EQ(parse_flags({"--offset", "-1"}).offset, -1);
}

TEST(Flags, TheChatTemplateFlagTakesANameOrNone) {
  EXPECT_EQ(parse_flags({"--apply_chat_template"}).apply_chat_template, "");
  EXPECT_EQ(parse_flags({"--apply_chat_template", "rag"}).apply_chat_template, "rag");
  const auto bare = parse_flags({"--apply_chat_template", "--fewshot_as_multiturn"});
  EXPECT_EQ(bare.apply_chat_template, "");
  EXPECT_TRUE(bare.fewshot_as_multiturn);
}

TEST(Flags, UniqueBeginningsAreEnough) {
  EXPECT_EQ(parse_flags({"--output", "x"}).output_path, "x");
  EXPECT_NE(error_of({"--log", "x"}).find("could be"), std::string::npos);
}

TEST(Flags, UnknownFlagsNameTheNearest) {
  EXPECT_NE(error_of({"--batchsize", "2"}).find("did you mean 'batch_size'"), std::string::npos)
      << error_of({"--batchsize", "2"});
}

TEST(Flags, TheLastOfARepeatedFlagWins) { EXPECT_EQ(parse_flags({"--limit=1", "--limit=2"}).limit, 2.0); }

TEST(Flags, GivenFlagsAreRemembered) {
  const auto options =
      parse_flags({"--model", "m", "--log_samples", "--process_docs_parallel", "4", "--baseline", "b"});
  EXPECT_EQ(options.given.at("model"), "m");
  EXPECT_EQ(options.given.at("log_samples"), "True");
  EXPECT_EQ(options.without_effect.count("process_docs_parallel"), 1u);
  EXPECT_EQ(options.refused, std::vector<std::string>{"baseline"});
}

TEST(Flags, DashesAndUnderscoresAreBothRight) {
  EXPECT_EQ(parse_flags({"--process-docs-parallel", "4"}).without_effect.size(), 1u);
  EXPECT_EQ(parse_flags({"--power_analysis"}).refused.size(), 1u);
}

}  // namespace
}  // namespace lmms_eval::cli
