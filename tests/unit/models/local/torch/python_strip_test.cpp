#include "models/local/torch/python_strip.h"

#include <gtest/gtest.h>

namespace lmms_eval::local {
namespace {

TEST(PythonStrip, TakesUnicodeWhiteSpaceOffTheEnds) {
  EXPECT_EQ(python_strip(" \t\u3000a b\u00a0\x1f\n"), "a b");
  EXPECT_EQ(python_rstrip(" a \u2003"), " a");
  EXPECT_EQ(python_strip(" \n"), "");
  EXPECT_EQ(python_strip("\u200ba"), "\u200ba") << "a zero width space is none to Python";
}

}  // namespace
}  // namespace lmms_eval::local
