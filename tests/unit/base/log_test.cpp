#include "base/log.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"

namespace lmms_eval {
namespace {

TEST(Redact, RemovesRememberedSecretsAnywhere) {
  register_secret("s3cr3t-value");
  EXPECT_EQ(redact("failed for s3cr3t-value at once"), "failed for [REDACTED] at once");
}

TEST(Redact, RemovesValuesOfSecretNames) {
  EXPECT_EQ(redact("model=x,api_key=abcdef,base_url=u"), "model=x,api_key=[REDACTED],base_url=u");
  EXPECT_EQ(redact("http://h/v1?api_key=abc&x=1"), "http://h/v1?api_key=[REDACTED]&x=1");
  EXPECT_EQ(redact("Authorization: Bearer abc.def"), "Authorization: Bearer [REDACTED]");
  EXPECT_EQ(redact("hf_abcdefghijklmnopqrstuvwx end"), "[REDACTED] end");
  EXPECT_EQ(redact("set api_key=... or OPENAI_API_KEY"), "set api_key=... or OPENAI_API_KEY");
  EXPECT_EQ(redact("api_key=abcdef; then"), "api_key=[REDACTED]; then");
  EXPECT_EQ(redact("max_tokens=12,tokenizer=t"), "max_tokens=12,tokenizer=t");
}

TEST(Redact, KnowsSecretNames) {
  EXPECT_TRUE(is_secret_name("OPENAI_API_KEY"));
  EXPECT_TRUE(is_secret_name("hub_token"));
  EXPECT_FALSE(is_secret_name("max_tokens"));
}

TEST(Logging, AnUnknownLevelIsAUsageError) {
  try {
    set_up_logging("LOUD");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

}  // namespace
}  // namespace lmms_eval
