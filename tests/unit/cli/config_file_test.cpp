#include "cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::cli {
namespace {

using lmms_eval::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> arguments(const std::string& yaml) {
  const TempDir folder;
  return read_config_file(folder.write("c.yaml", yaml)).at(0);
}

std::string error_of(const std::string& yaml, ErrorKind kind = ErrorKind::usage) {
  try {
    arguments(yaml);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.message();
    return error.message();
  }
  return "no error";
}

TEST(ConfigFile, ValuesBecomeWhatTheCommandLineTakes) {
  EXPECT_THAT(arguments("model: dummy\nlimit: 0.5\nwrite_out: true\nshow_config: no\noffset: null\n"),
              ElementsAre("--model=dummy", "--limit=0.5", "--write_out"));
  EXPECT_THAT(arguments("tasks: [a, b]\nseed: [1, null, 3, 4]\n"), ElementsAre("--tasks=a,b", "--seed=1,None,3,4"));
  EXPECT_THAT(arguments("apply_chat_template: rag\n"), ElementsAre("--apply_chat_template=rag"));
  EXPECT_THAT(arguments("apply_chat_template: true\n"), ElementsAre("--apply_chat_template"));
  EXPECT_THAT(arguments("gen_kwargs: {do_sample: false, until: 'a,b'}\n"),
              ElementsAre("--gen_kwargs=do_sample=False,until=\"a,b\""));
  EXPECT_THAT(arguments("model_args: {x: [1, 2], y: {a: 1}}\n"), ElementsAre("--model_args=x=[1,2],y={\"a\":1}"));
  EXPECT_THAT(arguments("samples: {t: [1, 2]}\nreasoning_tags: [['<a>', '</a>']]\n"),
              ElementsAre("--samples={\"t\":[1,2]}", "--reasoning_tags=[[\"<a>\",\"</a>\"]]"));
}

TEST(ConfigFile, WrongValuesAreNamedWithFileAndLine) {
  EXPECT_THAT(error_of("model: dummy\nlimit: [1]\n"),
              HasSubstr("c.yaml:2: limit must be one text or number, not a list"));
  EXPECT_THAT(error_of("model: dummy\nlimit: many\n"), HasSubstr("c.yaml:2: --limit many: must be a number"));
  EXPECT_THAT(error_of("seed: [1, 2]\n"), HasSubstr("c.yaml:1: --seed 1,2: takes 1, 3 or 4 values"));
  EXPECT_THAT(error_of("gen_kwargs: [a]\n"), HasSubstr("c.yaml:1: gen_kwargs must be a map"));
  EXPECT_THAT(error_of("tasks: {a: b}\n"), HasSubstr("c.yaml:1: tasks must be a list"));
  EXPECT_THAT(error_of("tasks: ['a,b']\n"), HasSubstr("'a,b' has a comma"));
  EXPECT_THAT(error_of("write_out: maybe\n"), HasSubstr("c.yaml:1: write_out must be true or false, not 'maybe'"));
  EXPECT_THAT(error_of("output_path: ''\n"), HasSubstr("c.yaml:1: --output_path: is empty"));
  EXPECT_THAT(error_of("env: {A: [1]}\n"), HasSubstr("c.yaml:1: the variable A must be one text or number"));
  EXPECT_THAT(error_of("verbosity: LOUD\n"), HasSubstr("c.yaml:1: --verbosity LOUD: must be one of"));
}

TEST(ConfigFile, WhatIsNoConfigurationIsRefused) {
  EXPECT_THAT(error_of(""), HasSubstr("c.yaml: holds no evaluation"));
  EXPECT_THAT(error_of("[]"), HasSubstr("c.yaml: holds no evaluation"));
  EXPECT_THAT(error_of("- model: dummy\n- a\n"), HasSubstr("c.yaml:2: must be a map of flag names to values"));
  EXPECT_THAT(error_of("config: x\n"), HasSubstr("c.yaml:1: 'config' cannot stand in a --config file"));
  EXPECT_THAT(error_of("include: x\n"), HasSubstr("c.yaml:1: unknown key 'include'; did you mean 'include_path'"));
}

TEST(ConfigFile, BrokenYamlNeitherCrashesNorHangs) {
  EXPECT_THAT(error_of("model: &m [*m]\n", ErrorKind::config),
              HasSubstr("c.yaml:1: an alias inside what it stands for"));
  EXPECT_THAT(error_of("model: dummy\nlimit: \xff\n", ErrorKind::config),
              HasSubstr("c.yaml:2: byte 0xff is not UTF-8"));
  EXPECT_THAT(error_of("a: " + std::string(1000, '[') + "\n", ErrorKind::config), HasSubstr("c.yaml:1: "));
}

}  // namespace
}  // namespace lmms_eval::cli
