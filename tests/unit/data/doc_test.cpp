#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "lmms_eval/error.h"
#include "lmms_eval/task.h"

namespace lmms_eval {
namespace {

TEST(Doc, HashIsThatOfPythonsIndentedJson) {
  const Doc doc(3, {{"question", "caf\xc3\xa9?"}, {"score", 1.0}, {"choices", {"a", "b"}}});
  // json.dumps({"question": "café?", "score": 1.0, "choices": ["a", "b"]}, indent=2, ensure_ascii=False)
  EXPECT_EQ(
      doc.hash(),
      sha256_hex(
          "{\n  \"question\": \"caf\xc3\xa9?\",\n  \"score\": 1.0,\n  \"choices\": [\n    \"a\",\n    \"b\"\n  ]\n}"));
}

TEST(Doc, KnowsItsMediaColumns) {
  const Doc doc(0, nlohmann::ordered_json::object(),
                {{"image", {MediaRef::from_bytes(MediaKind::image, "x", "")}}, {"none", {}}});
  EXPECT_EQ(doc.media("image").size(), 1U);
  EXPECT_TRUE(doc.has_media("none"));
  EXPECT_TRUE(doc.media("none").empty());
  EXPECT_THROW(doc.media("text"), Error);
}

}  // namespace
}  // namespace lmms_eval
