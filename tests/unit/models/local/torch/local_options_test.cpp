#include "models/local/torch/local_options.h"

#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "support/scoped_env.h"
#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

ModelOptions flags(std::string args, std::string batch_size = "1", std::string device = "") {
  ModelOptions options;
  options.args = std::move(args);
  options.batch_size = std::move(batch_size);
  options.device = std::move(device);
  return options;
}

Error error_of(const ModelOptions& options) {
  try {
    LocalOptions::parse("llava_onevision", options);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::internal, "no error");
}

class LocalOptionsTest : public ::testing::Test {
 protected:
  std::string with(const std::string& more) const { return "pretrained=" + folder_.path().string() + more; }
  LocalOptions parse(const std::string& more, const std::string& batch = "1", const std::string& device = "") const {
    return LocalOptions::parse("llava_onevision", flags(with(more), batch, device));
  }
  const testing::TempDir folder_;
};

TEST_F(LocalOptionsTest, ModelArgumentsWinOverFlags) {
  const auto options = parse(",batch_size=4,device=cpu", "2", "cuda");
  EXPECT_EQ(options.batch_size, 4);
  EXPECT_EQ(options.device, "cpu");
  EXPECT_EQ(parse("", "2", "cuda").batch_size, 2);
  EXPECT_EQ(parse("", "2", "cuda:1").device, "cuda:1");
}

TEST_F(LocalOptionsTest, AutomaticBatchSizeIsLeftOpen) {
  EXPECT_EQ(parse("", "auto").batch_size, std::nullopt);
  EXPECT_EQ(parse("", "auto:3").batch_size, std::nullopt);
  EXPECT_EQ(parse(",batch_size=auto", "8").batch_size, std::nullopt);
}

TEST_F(LocalOptionsTest, BatchSizesThatAreNoneAreRefused) {
  for (const auto* size : {"0", "-1", "two", "auto:", "auto:x", "1.5"})
    EXPECT_EQ(error_of(flags(with(""), size)).kind(), ErrorKind::usage) << size;
}

TEST_F(LocalOptionsTest, UnknownArgumentsAreRefusedWithTheNearestAndAll) {
  const auto error = error_of(flags(with(",dtyp=float32")));
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(error.message().find("has no argument 'dtyp'; did you mean 'dtype'?"), std::string::npos)
      << error.message();
  EXPECT_NE(error.message().find("attn_implementation, batch_size, chat_template"), std::string::npos)
      << error.message();
}

TEST_F(LocalOptionsTest, ArgumentsOfTheOriginalsThatMeanNothingHereAreAccepted) {
  EXPECT_EQ(parse(",conv_template=qwen_1_5,attn_implementation=eager,max_frames_num=8,device_map=auto").device, "");
  EXPECT_EQ(parse(",device_map=cpu").device, "cpu");
  EXPECT_EQ(error_of(flags(with(",attn_implementation=magic"))).kind(), ErrorKind::usage);
}

TEST_F(LocalOptionsTest, OnlyOneTemplateCanBeChosen) {
  auto both = flags(with(",chat_template=x.jinja"));
  both.chat_template_name = "tool_use";
  EXPECT_EQ(error_of(both).kind(), ErrorKind::usage);
  EXPECT_NE(error_of(both).message().find("--apply_chat_template tool_use"), std::string::npos);
  both.chat_template_name = "";  // the bare flag names none
  EXPECT_EQ(LocalOptions::parse("llava_onevision", both).chat_template, "x.jinja");
}

TEST_F(LocalOptionsTest, ACheckpointIsAFolderOrInTheCacheOfTheHub) {
  const testing::ScopedEnv cache{{"HF_HUB_CACHE", folder_.path().string()}};
  EXPECT_EQ(error_of(flags("dtype=auto")).kind(), ErrorKind::usage);
  const auto error = error_of(flags("pretrained=lmms-lab/llava-onevision-qwen2-7b-ov"));
  EXPECT_EQ(error.kind(), ErrorKind::model);
  EXPECT_NE(error.message().find("hf download lmms-lab/llava-onevision-qwen2-7b-ov"), std::string::npos);
  folder_.write("models--some--model/refs/v1", "abc");
  const auto config = folder_.write("models--some--model/snapshots/abc/config.json", "{}");
  EXPECT_EQ(LocalOptions::parse("llava_onevision", flags("pretrained=some/model,revision=v1")).folder,
            config.parent_path());
  EXPECT_NE(error_of(flags("pretrained=some/model")).message().find("holds only its revisions abc, v1"),
            std::string::npos);
}

TEST_F(LocalOptionsTest, ASystemPromptMayBeAFileAndItsEscapesAreDecoded) {
  EXPECT_EQ(parse(R"(,system_prompt=Be brief.\nVery.)").system_prompt, "Be brief.\nVery.");
  const auto file = folder_.write("prompt.txt", "From a file.");
  EXPECT_EQ(parse(",system_prompt=" + file.string()).system_prompt, "From a file.");
  EXPECT_EQ(parse(",system_prompt=a,reasoning_prompt=b").system_prompt, "b");
}

}  // namespace
}  // namespace lmms_eval::local
