#include "cli/run_options.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval::cli {
namespace {

std::vector<Seed> seeds_of(const std::string& text) {
  RunOptions options;
  options.seed = text;
  return options.seeds();
}

TEST(Seeds, OneThreeOrFourValues) {
  EXPECT_EQ(seeds_of("42"), (std::vector<Seed>{42, 42, 42, 42}));
  EXPECT_EQ(seeds_of("0,None,8"), (std::vector<Seed>{0, std::nullopt, 8, 1234}));
  EXPECT_EQ(seeds_of("1,2,3,none"), (std::vector<Seed>{1, 2, 3, std::nullopt}));
  EXPECT_THROW(seeds_of("1,2"), Error);
  EXPECT_THROW(seeds_of("1,2,3,4,5"), Error);
  EXPECT_THROW(seeds_of("1.5"), Error);
  EXPECT_THROW(seeds_of(""), Error);
}

TEST(Samples, AreRowNumbers) {
  RunOptions options;
  options.samples = R"({"t": [3, 1], "u": [0]})";
  EXPECT_EQ(options.sample_ids().at("t"), (std::vector<std::int64_t>{3, 1}));
  options.samples = R"({"t": [18446744073709551615]})";
  EXPECT_THROW(options.sample_ids(), Error);
}

TEST(Check, ReasoningTagsAreNoneOrPairs) {
  RunOptions options;
  options.model = "dummy";
  options.tasks = "digits";
  options.reasoning_tags = "none";
  EXPECT_NO_THROW(check(options));
  options.reasoning_tags = R"([["<a>"]])";
  EXPECT_THROW(check(options), Error);
}

}  // namespace
}  // namespace lmms_eval::cli
