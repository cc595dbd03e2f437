#include <gtest/gtest.h>

#include "e2e/program.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

namespace fs = std::filesystem;

/// The program and its library alone in a folder of their own: what a build without libtorch installs.
std::string program_without_torch(const TempDir& folder) {
  const fs::path program = LMMS_EVAL_BIN;
  fs::copy_file(program, folder / "lmms_eval");
  fs::create_directory(folder / "lib");
  for (const auto& file : fs::directory_iterator(program.parent_path() / "lib"))
    if (file.path().filename().string().starts_with("liblmms_eval.so"))
      fs::copy(file.path(), folder / "lib" / file.path().filename(), fs::copy_options::copy_symlinks);
  return (folder / "lmms_eval").string();
}

TEST(WithoutTorch, ALocalModelSaysHowToGetOne) {
  const TempDir folder;
  const std::string program = program_without_torch(folder);
  for (const char* model : {"llava_onevision", "llava_hf", "huggingface"}) {
    const auto run = run_program({program, "--model", model, "--model_args", "pretrained=" + bundled_model(), "--tasks",
                                  "digits", "--limit", "1", "--verbosity", "ERROR"});
    EXPECT_EQ(run.status, 1) << model;
    EXPECT_TRUE(is_one_line(run.err)) << run.err;
    for (const auto& part : {std::string("model ") + model, std::string("libtorch"), std::string("tools/deps"),
                             std::string("-DLMMS_EVAL_TORCH=ON"), (folder / "lib").string()})
      EXPECT_NE(run.err.find(part), std::string::npos) << part << " is not in " << run.err;
  }
}

TEST(WithoutTorch, EverythingElseWorks) {
  const TempDir folder;
  const std::string program = program_without_torch(folder);
  const auto run = run_program({program, "--model", "dummy", "--tasks", "digits", "--limit", "3"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("|digits|"), std::string::npos) << run.out;
  const auto models = run_program({program, "models"});
  EXPECT_NE(models.out.find("llava_onevision"), std::string::npos) << models.out;
}

}  // namespace
}  // namespace lmms_eval::testing
