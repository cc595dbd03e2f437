#include "base/python_text.h"

#include <gtest/gtest.h>

namespace lmms_eval {
namespace {

TEST(PythonText, TakesUnicodeWhiteSpaceOffTheEnds) {
  EXPECT_EQ(python_strip(" \t\u3000a b\u00a0\x1f\n"), "a b");
  EXPECT_EQ(python_rstrip(" a \u2003"), " a");
  EXPECT_EQ(python_strip(" \n"), "");
  EXPECT_EQ(python_strip("\u200ba"), "\u200ba") << "a zero width space is none to Python";
}

TEST(PythonText, LeavesBytesThatAreNoUtf8) {
  EXPECT_EQ(python_strip(" \xff\xa0 "), "\xff\xa0");
  EXPECT_EQ(python_strip(" \xe3\x80"), "\xe3\x80");
}

}  // namespace
}  // namespace lmms_eval
