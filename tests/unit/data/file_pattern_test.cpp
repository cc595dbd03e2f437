#include "data/file_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_of.h"

namespace lmms_eval::data {
namespace {

using lmms_eval::testing::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kFiles = {
    "README.md", "a.csv", "b/.hidden/f.csv", "b/c/train.csv", "b/c/train-0.csv", "b/__cache__/g.csv", "train_0.csv"};

TEST(MatchingFiles, StarsStayInOneComponentAndDoubleStarsDoNot) {
  EXPECT_THAT(matching_files("*.csv", kFiles), ElementsAre("a.csv", "train_0.csv"));
  EXPECT_THAT(matching_files("**/*.csv", kFiles),
              ElementsAre("a.csv", "b/c/train-0.csv", "b/c/train.csv", "train_0.csv"));
  EXPECT_THAT(matching_files("b/**", kFiles), ElementsAre("b/c/train-0.csv", "b/c/train.csv"));
  EXPECT_THAT(matching_files("**/train[-_]?.csv", kFiles), ElementsAre("b/c/train-0.csv", "train_0.csv"));
  EXPECT_THAT(matching_files("b/[!c]/*", kFiles), IsEmpty());
}

TEST(MatchingFiles, LeavesOutWhatIsNotNamed) {
  EXPECT_THAT(matching_files("**", {"README.md", ".x/a.csv", "__x/b.csv"}), IsEmpty());
  EXPECT_THAT(matching_files("b/.hidden/*", kFiles), ElementsAre("b/.hidden/f.csv"));
  EXPECT_THAT(matching_files("b/__*/*", kFiles), ElementsAre("b/__cache__/g.csv"));
  EXPECT_THAT(matching_files("README.md", kFiles), ElementsAre("README.md"));
}

TEST(MatchingFiles, RefusesADoubleStarBesideText) {
  EXPECT_THAT(error_of([] { matching_files("a**/b", kFiles); }), HasSubstr("pattern a**/b: ** must stand alone"));
}

}  // namespace
}  // namespace lmms_eval::data
