#include "models/http/url.h"

#include <gmock/gmock.h>

#include "base/log.h"
#include "unit/models/http/http_test_support.h"

namespace lmms_eval::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Url, KeepsHostPortAndPathAndCutsSlashesAtTheEnd) {
  const Url url = Url::parse(" http://127.0.0.1:8000/v1// ", "base_url");
  EXPECT_EQ(url.scheme, "http");
  EXPECT_EQ(url.host, "127.0.0.1:8000");
  EXPECT_EQ(url.path, "/v1");
  EXPECT_EQ(url.text(), "http://127.0.0.1:8000/v1");
  EXPECT_EQ(Url::parse("https://[::1]:80", "u").text(), "https://[::1]:80");
  EXPECT_EQ(Url::parse("https://[::1]/v1", "u").host, "[::1]");
  EXPECT_EQ(Url::parse("http://host:65535", "u").host, "host:65535");
}

TEST(Url, DecodesPercentSigns) { EXPECT_EQ(Url::parse("http://host/a%2Fb", "u").path, "/a/b"); }

TEST(Url, PutsASuffixBeforeTheQuery) {
  EXPECT_EQ(Url::parse("https://host/v1?api-version=2", "u").with_suffix("/chat/completions").text(),
            "https://host/v1/chat/completions?api-version=2");
}

TEST(Url, ShowsNeitherCredentialsNorQueryValues) {
  const Url url = Url::parse("https://me:swordfish@host/v1?key=topsecretvalue&api-version=2", "u");
  EXPECT_EQ(url.text(), "https://me:swordfish@host/v1?key=topsecretvalue&api-version=2");
  EXPECT_EQ(url.shown(), "https://host/v1?key=[REDACTED]&api-version=2");
  EXPECT_THAT(redact("libcurl says swordfish and topsecretvalue"), Not(HasSubstr("swordfish")));
  EXPECT_THAT(redact("libcurl says swordfish and topsecretvalue"), Not(HasSubstr("topsecretvalue")));
}

TEST(Url, RefusesWhatIsNoHttpUrlWithoutRepeatingIt) {
  for (const char* text : {"localhost:8000/v1", "me:swordfish@host/v1", "ftp://host", "http:///v1", "http://host/a%0Ab",
                           "http://127.0.0.1:99999/v1", "http://host:0", "http://host:80a/v1", "http://host:/v1",
                           "http://host:-1", "https://[::1]:70000", "http://me:swordfish/v1"}) {
    const std::string message = error_of([&] { Url::parse(text, "--model_args base_url"); }, ErrorKind::usage);
    EXPECT_THAT(message, HasSubstr("--model_args base_url")) << text;
    EXPECT_THAT(message, Not(HasSubstr("swordfish")));
  }
}

}  // namespace
}  // namespace lmms_eval::http
