#include "base/errors.h"

#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

TEST(Errors, ContextIsAddedOnTheWayUp) {
  try {
    errors::with_context("while loading task mme", [] {
      errors::with_context("mme.yaml:12", [] { throw errors::config("unknown metric '{}'", "acurracy"); });
    });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.message(), "unknown metric 'acurracy'");
    EXPECT_STREQ(error.what(), "unknown metric 'acurracy' (mme.yaml:12) (while loading task mme)");
  }
}

TEST(Errors, WithContextReturnsWhatTheBodyReturns) {
  EXPECT_EQ(errors::with_context("x", [] { return 3; }), 3);
}

}  // namespace
}  // namespace lmms_eval
