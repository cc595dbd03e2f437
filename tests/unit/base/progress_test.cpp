#include "base/progress.h"

#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

TEST(Progress, TellsRateAndTimeLeft) {
  EXPECT_EQ(Progress::text("docs", 90, 360, 2.0, ""), "docs: 90/360, 45.0/s, 0:06 left");
  EXPECT_EQ(Progress::text("docs", 360, 360, 8.0, "2 not scored"), "docs: 360/360, 45.0/s, 0:08 in all, 2 not scored");
  EXPECT_EQ(Progress::text("docs", 0, 360, 0.0, ""), "docs: 0/360");
  EXPECT_EQ(Progress::text("docs", 1, 7201, 1.0, ""), "docs: 1/7201, 1.0/s, 2:00:00 left");
}

}  // namespace
}  // namespace lmms_eval
