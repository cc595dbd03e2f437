#include "data/split_patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/file_pattern.h"
#include "support/error_of.h"

namespace lmms_eval::data {
namespace {

using lmms_eval::testing::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Split -> its files.
std::map<std::string, std::vector<std::string>> splits_of(const std::vector<std::string>& files) {
  std::map<std::string, std::vector<std::string>> splits;
  for (const auto& [split, patterns] : patterns_by_name(files))
    for (const auto& pattern : patterns)
      for (const auto& file : matching_files(pattern, files)) splits[split].push_back(file);
  return splits;
}

TEST(PatternsByName, ShardsInDataNameAnySplit) {
  const auto splits =
      splits_of({"data/testmini-00000-of-00001.parquet", "data/test-00000-of-00001-1b2c.parquet", "train.csv"});
  EXPECT_THAT(splits.at("testmini"), ElementsAre("data/testmini-00000-of-00001.parquet"));
  EXPECT_THAT(splits.at("test"), ElementsAre("data/test-00000-of-00001-1b2c.parquet"));
  EXPECT_EQ(splits.size(), 2u);
  EXPECT_THAT(error_of([] { patterns_by_name({"data/my-test-00000-of-00001.csv"}); }),
              HasSubstr("'my-test' cannot be the name of a split"));
}

TEST(PatternsByName, FoldersGoBeforeFiles) {
  EXPECT_THAT(splits_of({"dev/1.csv", "train.csv"}),
              ElementsAre(std::pair<const std::string, std::vector<std::string>>("validation", {"dev/1.csv"})));
  EXPECT_EQ(splits_of({"en_val.csv", "my test.csv"}).size(), 2u);
  EXPECT_THAT(splits_of({"contest.csv"}).at("train"), ElementsAre("contest.csv"));
  EXPECT_THAT(splits_of({"README.md"}), IsEmpty());
}

TEST(MissingShards, CountsByNameAndExtension) {
  EXPECT_THAT(missing_shards({"d/a-00000-of-00002-ff.parquet", "d/a-00001-of-00002-ee.parquet"}), IsEmpty());
  EXPECT_THAT(missing_shards({"d/a-00001-of-00002.csv", "b-00000-of-00001.csv", "c.csv"}),
              ElementsAre("d/a-00000-of-00002.csv"));
}

}  // namespace
}  // namespace lmms_eval::data
