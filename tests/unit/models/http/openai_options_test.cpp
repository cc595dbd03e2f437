#include "models/http/openai_options.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "unit/models/http/http_test_support.h"

namespace lmms_eval::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OpenAIOptionsTest : public ::testing::Test {
 protected:
  static OpenAIOptions parse(const std::string& args, const std::string& name = "async_openai") {
    ModelOptions options;
    options.args = args;
    return OpenAIOptions::parse(name, options);
  }
  static std::string refusal(const std::string& args) {
    return error_of([&] { parse(args); }, ErrorKind::usage);
  }

  ScopedEnv environment_ = clean_environment();
  CapturedLog log_;
};

TEST_F(OpenAIOptionsTest, HasTheDefaultsOfTheReference) {
  const auto options = parse("base_url=http://h:1/v1");
  EXPECT_EQ(options.model, "grok-2-latest");
  EXPECT_EQ(options.timeout_s, 600);
  EXPECT_EQ(options.run.num_concurrent, 32u);
  EXPECT_EQ(options.run.retry.max_attempts, 5);
  EXPECT_EQ(options.run.retry.backoff_s, 1.0);
  EXPECT_EQ(options.default_max_new_tokens, 1024);
  EXPECT_FALSE(options.send_stop);
  EXPECT_FALSE(options.system_prompt);
  EXPECT_EQ(options.api_key, "");
  EXPECT_FALSE(options.sends_sampling);
  EXPECT_TRUE(parse("base_url=http://h:1/v1", "openai").sends_sampling);
}

TEST_F(OpenAIOptionsTest, ReadsEveryKeyThatItUses) {
  const auto options = parse(
      "model=org/m,base_url=http://h:1/v1/"
      ",api_key=sk-abcdef,timeout=2.5,max_retries=2,retry_backoff_s=0,num_concurrent=7,"
      "system_prompt=be brief,send_stop=True,max_new_tokens=5,httpx_trust_env=False,enable_thinking_kwarg=False");
  EXPECT_EQ(options.model, "org/m");
  EXPECT_EQ(options.base_url.text(), "http://h:1/v1");
  EXPECT_EQ(options.api_key, "sk-abcdef");
  EXPECT_EQ(options.timeout_s, 2.5);
  EXPECT_EQ(options.run.retry.max_attempts, 2);
  EXPECT_EQ(options.run.retry.backoff_s, 0);
  EXPECT_EQ(options.run.num_concurrent, 7u);
  EXPECT_EQ(options.system_prompt, "be brief");
  EXPECT_TRUE(options.send_stop);
  EXPECT_EQ(options.default_max_new_tokens, 5);
  EXPECT_FALSE(options.run.trust_env);
  EXPECT_EQ(options.enable_thinking, false);
  EXPECT_EQ(log_.text(), "");
}

TEST_F(OpenAIOptionsTest, TakesTheOtherSpellings) {
  const auto options = parse("model_version=m,api_base=http://h:2/v1,num_cpus=9");
  EXPECT_EQ(options.model, "m");
  EXPECT_EQ(options.base_url.text(), "http://h:2/v1");
  EXPECT_EQ(options.run.num_concurrent, 9u);
  EXPECT_EQ(parse("model_version=a,model=b,base_url=http://h").model, "b");
  EXPECT_THAT(log_.text(), HasSubstr("model and model_version are both given; model is used"));
}

TEST_F(OpenAIOptionsTest, FindsServerAndKeyInTheEnvironment) {
  const ScopedEnv env{{"OPENAI_API_BASE", "http://first/v1"},
                      {"OPENAI_BASE_URL", "http://second/v1"},
                      {"OPENAI_API_KEY", "sk-from-env"}};
  EXPECT_EQ(parse("").base_url.text(), "http://first/v1");
  EXPECT_EQ(parse("").api_key, "sk-from-env");
  EXPECT_EQ(parse("base_url=http://third/v1,api_key=EMPTY").base_url.text(), "http://third/v1");
  EXPECT_EQ(parse("base_url=http://third/v1,api_key=EMPTY").api_key, "EMPTY");
  const ScopedEnv without_first{{"OPENAI_API_BASE", std::nullopt}};
  EXPECT_EQ(parse("").base_url.text(), "http://second/v1");
}

TEST_F(OpenAIOptionsTest, NeedsAKeyForOpenAIItself) {
  EXPECT_THAT(refusal("model=gpt-4o"), HasSubstr("https://api.openai.com/v1 needs a key: set OPENAI_API_KEY"));
  EXPECT_EQ(parse("model=gpt-4o,api_key=sk-abcdef").base_url.text(), "https://api.openai.com/v1");
}

TEST_F(OpenAIOptionsTest, CutsTheEndpointThatPeoplePasteAlong) {
  EXPECT_EQ(parse("base_url=http://h/v1/chat/completions").base_url.text(), "http://h/v1");
}

TEST_F(OpenAIOptionsTest, RefusesByNameWhatItCannotDo) {
  for (const std::string key : {"azure_openai", "mcp_server_path", "pass_video_url", "adaptive_concurrency"}) {
    EXPECT_THAT(refusal("base_url=http://h," + key + "=True"), HasSubstr(key + " is not supported in this version"));
    EXPECT_EQ(refusal("base_url=http://h," + key + "=False"), "");
    EXPECT_EQ(refusal("base_url=http://h," + key + "=None"), "");
  }
}

TEST_F(OpenAIOptionsTest, SaysOnceWhatHasNoEffect) {
  ModelOptions options;
  options.args = "base_url=http://h,max_frames_num=8,prefix_aware_queue=True,work_dir=/tmp/x";
  options.batch_size = "16";
  options.device = "cuda";
  OpenAIOptions::parse("openai", options);
  for (const char* key : {"max_frames_num has no effect", "prefix_aware_queue has no effect", "work_dir has no effect",
                          "--batch_size 16 has no effect", "--device cuda has no effect"})
    EXPECT_EQ(log_.count(key), 1u) << key << "\n" << log_.text();
}

TEST_F(OpenAIOptionsTest, WarnsOfUnknownKeysWithTheNearestName) {
  parse("base_url=http://h,num_concurent=3");
  EXPECT_THAT(log_.text(), HasSubstr("warning"));
  EXPECT_THAT(log_.text(), HasSubstr("does not know 'num_concurent'"));
  EXPECT_THAT(log_.text(), HasSubstr("did you mean 'num_concurrent'"));
}

TEST_F(OpenAIOptionsTest, RefusesValuesOutOfRange) {
  EXPECT_THAT(refusal("base_url=http://h,num_concurrent=0"), HasSubstr("num_concurrent=0 must be between 1 and"));
  EXPECT_THAT(refusal("base_url=http://h,max_retries=0"), HasSubstr("max_retries=0 must be between 1 and"));
  EXPECT_THAT(refusal("base_url=http://h,timeout=0"), HasSubstr("timeout=0 must be"));
  EXPECT_THAT(refusal("base_url=http://h,timeout=soon"), HasSubstr("timeout=soon is not a number"));
  EXPECT_THAT(refusal("base_url=http://h,retry_backoff_s=-1"), HasSubstr("retry_backoff_s=-1 must be"));
  EXPECT_THAT(refusal("base_url=localhost:8000"),
              HasSubstr("--model_args base_url: it must start with http:// or https://"));
}

TEST_F(OpenAIOptionsTest, ReadsTheSystemPromptFromAFile) {
  const auto path = std::filesystem::temp_directory_path() / "lmms_eval_system_prompt_test.txt";
  std::ofstream(path) << "from a file";
  EXPECT_EQ(parse("base_url=http://h,system_prompt=" + path.string()).system_prompt, "from a file");
  std::filesystem::remove(path);
}

TEST_F(OpenAIOptionsTest, KnowsReasoningFamiliesByTheStartOfTheLastPathPart) {
  const auto reasoning = [](const std::string& model) {
    OpenAIOptions options;
    options.model = model;
    return options.reasoning_family();
  };
  for (const char* model : {"o1", "o1-mini", "openai/o3", "o4-mini", "gpt-5", "openai/gpt-5-nano", "GPT-5.1"})
    EXPECT_TRUE(reasoning(model)) << model;
  for (const char* model : {"internvideo1", "gpt-4o", "o1/llava", "qwen-o3", "o10b", "gpt-50", "foo1"})
    EXPECT_FALSE(reasoning(model)) << model;
}

TEST_F(OpenAIOptionsTest, LoadsDotenvLinesWithoutOverridingWhatIsSet) {
  const ScopedEnv env{{"LMMS_TEST_A", "kept"},
                      {"LMMS_TEST_B", std::nullopt},
                      {"LMMS_TEST_C", std::nullopt},
                      {"LMMS_TEST_D", std::nullopt}};
  load_dotenv(
      "# keys\nLMMS_TEST_A=other\nexport LMMS_TEST_B = 'two words # no comment'\n\nLMMS_TEST_C=plain # comment\r\nno "
      "pair\nLMMS_TEST_D=\"x=y\"\n");
  EXPECT_STREQ(std::getenv("LMMS_TEST_A"), "kept");
  EXPECT_STREQ(std::getenv("LMMS_TEST_B"), "two words # no comment");
  EXPECT_STREQ(std::getenv("LMMS_TEST_C"), "plain");
  EXPECT_STREQ(std::getenv("LMMS_TEST_D"), "x=y");
}

TEST_F(OpenAIOptionsTest, ReadsTheDotenvFileOfTheWorkingDirectoryFirst) {
  const auto before = std::filesystem::current_path();
  const auto folder = std::filesystem::temp_directory_path() / "lmms_eval_dotenv_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / ".env") << "OPENAI_API_KEY=sk-from-dotenv\nOPENAI_API_BASE=http://dotenv/v1\n";
  std::filesystem::current_path(folder);
  const auto options = parse("model=m");
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(options.api_key, "sk-from-dotenv");
  EXPECT_EQ(options.base_url.text(), "http://dotenv/v1");
}

TEST_F(OpenAIOptionsTest, SaysWhichModelIsAskedForWhenNoneIsNamed) {
  parse("base_url=http://h");
  EXPECT_THAT(log_.text(), HasSubstr("the server is asked for 'grok-2-latest'"));
}

}  // namespace
}  // namespace lmms_eval::http
