#include "cache/response_cache.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval {
namespace {

ModelInfo model_named(const std::string& name) {
  ModelInfo info;
  info.name = name;
  info.identity = {{"weights", "abc"}};
  return info;
}

Request question(const std::string& text, const std::string& image = "bytes") {
  Request request;
  request.task = "t";
  request.messages = {
      {Role::user, {Part::of_media(MediaRef::from_bytes(MediaKind::image, image, "x.png")), Part::of_text(text)}}};
  return request;
}

TEST(ResponseCache, GivesBackWhatWasPut) {
  const testing::TempDir folder;
  ResponseCache cache(folder / "c_", 0, model_named("m"));
  const Request request = question("q");
  EXPECT_EQ(cache.get(cache.key(request)), std::nullopt);
  Response answer = Response::answer("5", FinishReason::length);
  answer.tokens = {7, 2, std::nullopt};
  cache.put(cache.key(request), request, answer);
  const auto kept = cache.get(cache.key(request));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->text, "5");
  EXPECT_EQ(kept->finish_reason, FinishReason::length);
  EXPECT_EQ(kept->tokens.input, 7);
  EXPECT_EQ(kept->tokens.reasoning, std::nullopt);
}

TEST(ResponseCache, KeepsLogprobsToTheLastBit) {
  const testing::TempDir folder;
  ResponseCache cache(folder / "c_", 0, model_named("m"));
  Request request = question("q");
  request.type = RequestType::loglikelihood;
  for (const double logprob : {-0.1234567890123456789, -std::numeric_limits<double>::infinity(), -1e-300}) {
    request.continuation = std::to_string(logprob);
    cache.put(cache.key(request), request, Response::likelihood(logprob, true));
    const auto kept = cache.get(cache.key(request));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->logprob, logprob);
    EXPECT_TRUE(kept->is_greedy);
  }
}

TEST(ResponseCache, TheKeyHoldsAllThatCanChangeTheAnswer) {
  const testing::TempDir folder;
  ResponseCache cache(folder / "c_", 0, model_named("m"));
  const Request base = question("q");
  std::vector<Request> different(8, base);
  different[0].messages[0].parts[1].text = "other";
  different[1].messages[0].parts[0] = Part::of_media(MediaRef::from_bytes(MediaKind::image, "other bytes", "x.png"));
  different[2].options.max_new_tokens = 3;
  different[3].repeat = 1;
  different[4].continuation = "c";
  different[5].type = RequestType::loglikelihood;
  different[6].messages.insert(different[6].messages.begin(), Message{Role::system, {Part::of_text("s")}});
  different[7].options.extra_json = R"({"min_p":0.1})";
  for (const auto& request : different) EXPECT_NE(cache.key(request), cache.key(base));
}

TEST(ResponseCache, TheKeyHoldsNothingElse) {
  const testing::TempDir folder;
  ResponseCache cache(folder / "c_", 0, model_named("m"));
  const Request base = question("q");
  Request same = base;
  same.task = "another";
  same.doc_id = 99;
  same.messages[0].parts[0] = Part::of_media(MediaRef::from_bytes(MediaKind::image, "bytes", "renamed.png"));
  EXPECT_EQ(cache.key(same), cache.key(base));
}

TEST(ResponseCache, AnotherModelMisses) {
  const testing::TempDir folder;
  ResponseCache one(folder / "a_", 0, model_named("m")), two(folder / "b_", 0, model_named("n"));
  EXPECT_NE(one.key(question("q")), two.key(question("q")));
}

TEST(ResponseCache, ReadsTheFilesOfOtherRanks) {
  const testing::TempDir folder;
  const Request request = question("q");
  {
    ResponseCache other(folder / "c_", 3, model_named("m"));
    other.put(other.key(request), request, Response::answer("five"));
  }
  ResponseCache cache(folder / "c_", 0, model_named("m"));
  EXPECT_EQ(cache.get(cache.key(request))->text, "five");
}

TEST(ResponseCache, SurvivesKillBetweenPutAndClose) {
  const testing::TempDir folder;
  const Request request = question("q");
  const pid_t child = fork();
  if (child == 0) {
    ResponseCache cache(folder / "c_", 0, model_named("m"));
    cache.put(cache.key(request), request, Response::answer("kept"));
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ResponseCache cache(folder / "c_", 0, model_named("m"));
  EXPECT_EQ(cache.get(cache.key(request))->text, "kept");
}

TEST(ResponseCache, ProcessesThatMakeItTogetherWaitForEachOther) {
  for (int round = 0; round < 8; ++round) {
    const testing::TempDir folder;
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        int status = 0;
        try {
          ResponseCache cache(folder / "c_", 0, model_named("m"));
          const Request request = question(std::to_string(i));
          cache.put(cache.key(request), request, Response::answer("5"));
        } catch (const Error&) {
          status = 1;
        }
        ::_exit(status);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
  }
}

TEST(ResponseCache, SampledAnswersAreKeptOnlyOnRequest) {
  const testing::TempDir folder;
  ResponseCache plain(folder / "a_", 0, model_named("m")), keeping(folder / "b_", 0, model_named("m"), true);
  Request request = question("q");
  EXPECT_TRUE(plain.keeps(request));
  request.options.temperature = 0.7;
  EXPECT_FALSE(plain.keeps(request));
  EXPECT_TRUE(keeping.keeps(request));
  request.options.temperature = 0.0;
  request.options.do_sample = true;
  EXPECT_FALSE(plain.keeps(request));
}

TEST(ResponseCache, AFileThatIsNoCacheIsAClearError) {
  const testing::TempDir folder;
  folder.write("c_rank0.db", std::string(5000, 'x'));
  try {
    ResponseCache cache(folder / "c_", 0, model_named("m"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_NE(error.message().find("c_rank0.db"), std::string::npos);
  }
  EXPECT_EQ(read_file(folder / "c_rank0.db"), std::string(5000, 'x'));
}

}  // namespace
}  // namespace lmms_eval
