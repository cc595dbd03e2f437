// Runs each case of tests/golden as lmms-eval 0.7.3 was run when its files were recorded, and compares table, results,
// samples and request bodies. What differs on purpose is named here, and in docs/differences.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "base/hash.h"
#include "e2e/digits_answers.h"
#include "e2e/program.h"
#include "media/image.h"
#include "support/openai_server/server.h"
#include "support/temp_dir.h"

namespace lmms_eval::testing {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The answers of tools/record_golden.py, by the bytes that we send.
std::map<std::string, std::string> answers_by_rule(const std::string& rule) {
  std::map<std::string, std::string> answers;
  const TaskManager manager;
  const auto nodes = manager.load({"digits"}, {});
  const auto& task = *nodes.front().task;
  for (std::int64_t id = 0; id < task.num_docs(); ++id) {
    const Doc doc = task.doc(id);
    std::string answer = task.target(doc).get<std::string>();
    if (rule == "every_fourth_wrong" && id % 4 == 3) answer = "no digit";
    if (rule == "padded") answer = "  " + answer + "\n";
    answers[doc.media("image")[0].sha256()] = answer;
  }
  return answers;
}

/// Pictures as a hash of their pixels: two encoders may write different bytes.
Json with_pixel_hashes(Json body) {
  for (auto& message : body["messages"]) {
    if (!message["content"].is_array()) continue;
    for (auto& part : message["content"]) {
      if (part["type"] != "image_url") continue;
      const std::string url = part["image_url"]["url"];
      const auto image = media::decode_rgb(base64_decode(std::string_view(url).substr(url.find(',') + 1)), "request");
      const std::string pixels(image.data.begin(), image.data.end());
      part["image_url"]["url"] =
          "pixels:" + sha256_hex(std::to_string(image.width) + "x" + std::to_string(image.height) + ":" + pixels);
    }
  }
  return body;
}

std::vector<Json> sorted(std::vector<Json> list) {
  std::sort(list.begin(), list.end(), [](const Json& a, const Json& b) { return a.dump() < b.dump(); });
  return list;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, EqualsWhatLmmsEvalWrote) {
  const fs::path folder = fs::path(LMMS_EVAL_SOURCE_DIR) / "tests/golden" / GetParam();
  const fs::path expected = folder / "expected";
  const Json described = read_json(folder / "case.json");
  openai_server::Options options;
  options.answers = answers_by_rule(described["answers"]);
  options.record_bodies = true;
  openai_server::Server server(options);
  const TempDir out;
  std::vector<std::string> arguments = {
      "--model",          described["model"],
      "--model_args",     "model=tester,base_url=" + server.base_url() + ",api_key=none",
      "--log_samples",    "--output_path",
      out.path().string()};
  for (const auto& flag : described["flags"]) arguments.push_back(flag);
  const auto run = lmms_eval(arguments);
  ASSERT_EQ(run.status, 0) << run.err;

  EXPECT_NE(run.out.find(text_of(expected / "table.md")), std::string::npos)
      << run.out << text_of(expected / "table.md");

  const Json results = read_json(files_ending(out.path(), "_results.json").at(0));
  const Json sections = read_json(expected / "results.json");
  for (const auto& [section, value] : sections.items()) {
    ASSERT_TRUE(results.contains(section)) << section;
    EXPECT_EQ(results[section], value) << section;
  }

  for (const auto& file : files_ending(expected, ".jsonl")) {
    const std::string name = file.filename().string();
    if (!name.starts_with("samples_")) continue;
    const auto theirs = read_jsonl(file);
    const auto ours = read_jsonl(files_ending(out.path(), "_" + name).at(0));
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      for (const auto& [key, value] : theirs[i].items()) {
        // Its hash is that of `null` for every doc; its counts and its media are what that program keeps of an answer
        // and a doc; ours is the text as sent, with the place of the picture.
        if (key == "doc_hash" || key == "token_counts" || key == "input_media") continue;
        if (key == "input") {
          EXPECT_TRUE(ours[i][key].get<std::string>().ends_with(value.get<std::string>())) << ours[i][key];
          continue;
        }
        ASSERT_TRUE(ours[i].contains(key)) << key << " of line " << i;
        if (key == "resps" && value.is_string()) {  // ours always keeps the list of responses
          EXPECT_EQ(ours[i][key], Json::array({value})) << key << " of line " << i;
          continue;
        }
        EXPECT_EQ(ours[i][key], value) << key << " of line " << i;
      }
    }
  }

  std::vector<Json> bodies;
  for (const auto& body : server.bodies()) bodies.push_back(with_pixel_hashes(Json::parse(body)));
  EXPECT_EQ(sorted(bodies), sorted(read_jsonl(expected / "bodies.jsonl")));
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(LMMS_EVAL_SOURCE_DIR) / "tests/golden"))
    if (fs::exists(entry.path() / "case.json")) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, ::testing::ValuesIn(cases()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace lmms_eval::testing
