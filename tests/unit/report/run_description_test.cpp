#include "report/run_description.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/python_json.h"

namespace lmms_eval {
namespace {

TEST(RunDescription, SecretsNeverReachTheDocument) {
  register_secret("sk-very-secret");
  Results results;
  (*results.document)["results"] = nlohmann::ordered_json::object();
  (*results.document)["configs"]["my_token"] = {{"task", "t"}, {"dataset_kwargs", {{"token", "abc123"}}}};
  RunDescription run;
  run.model_source = "openai";
  run.model_args = "model=m,api_key=abc123,base_url=http://h/v1";
  run.gen_kwargs = {{"api_key", "abc123"}, {"top_k", 1}};
  run.system_instruction = "use sk-very-secret";
  run.resolved_cli_args = {
      {"model_args", run.model_args}, {"hf_token", "abc123"}, {"system_instruction", "use sk-very-secret"}};
  describe_run(results, run);
  const std::string text = python_dumps(*results.document);
  EXPECT_EQ(text.find("abc123"), std::string::npos) << text;
  EXPECT_EQ(text.find("sk-very-secret"), std::string::npos) << text;
  EXPECT_EQ((*results.document)["configs"]["my_token"]["task"], "t");
  EXPECT_EQ((*results.document)["config"]["gen_kwargs"]["top_k"], 1);
  EXPECT_EQ((*results.document)["config"]["model_args"], "model=m,api_key=[REDACTED],base_url=http://h/v1");
}

TEST(RunDescription, KeysFollowTheOrderOfTheReference) {
  Results results;
  for (const char* key : {"results", "n-samples", "task_hashes", "usage", "efficiency"})
    (*results.document)[key] = nlohmann::ordered_json::object();
  RunDescription run;
  run.gen_kwargs = "";
  run.start_time = 1.0;
  run.end_time = 3.5;
  describe_run(results, run);
  std::vector<std::string> keys;
  for (auto& [key, value] : results.document->items()) keys.push_back(key);
  const std::vector<std::string> expected = {"results",
                                             "n-samples",
                                             "config",
                                             "git_hash",
                                             "git_branch",
                                             "lmms_eval_version",
                                             "date",
                                             "usage",
                                             "efficiency",
                                             "task_hashes",
                                             "model_source",
                                             "model_name",
                                             "model_name_sanitized",
                                             "system_instruction",
                                             "system_instruction_sha",
                                             "fewshot_as_multiturn",
                                             "chat_template",
                                             "chat_template_sha",
                                             "start_time",
                                             "end_time",
                                             "total_evaluation_time_seconds"};
  EXPECT_EQ(keys, expected);
  EXPECT_EQ((*results.document)["total_evaluation_time_seconds"], "2.5");
}

}  // namespace
}  // namespace lmms_eval
