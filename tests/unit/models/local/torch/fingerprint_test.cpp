#include "models/local/torch/fingerprint.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

using lmms_eval::testing::TempDir;
using Tensors = std::map<std::string, std::string>;

void write_weights(const TempDir& folder, const Tensors& tensors) {
  nlohmann::json header;
  std::string data;
  for (const auto& [name, bytes] : tensors) {
    header[name] = {
        {"dtype", "U8"}, {"shape", {bytes.size()}}, {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data += bytes;
  }
  const auto text = header.dump();
  const std::uint64_t length = text.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  folder.write("model.safetensors", file + text + data);
}

TEST(Fingerprint, SeesAChangeInEveryFileAndAnySmallWeight) {
  TempDir folder;
  folder.write("config.json", "{}");
  write_weights(folder, {{"a", "1234"}, {"b", "5678"}});
  auto before = checkpoint_fingerprint(folder.path());
  EXPECT_EQ(before, checkpoint_fingerprint(folder.path()));
  const auto expect_change = [&](const std::string& what) {
    const auto now = checkpoint_fingerprint(folder.path());
    EXPECT_NE(now, before) << what;
    before = now;
  };
  for (const auto* name : {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
                           "special_tokens_map.json", "preprocessor_config.json", "processor_config.json"}) {
    folder.write(name, R"({"changed": true})");
    expect_change(name);
  }
  write_weights(folder, {{"a", "1234"}, {"b", "5679"}});
  expect_change("weight");
  write_weights(folder, {{"a", "1234"}, {"c", "5679"}});
  expect_change("name");
}

TEST(Fingerprint, SeesASmallTensorThatWasTrainedAgainAmongLargeOnes) {
  TempDir folder;
  Tensors tensors = {{"first", std::string(40u << 20, 'a')},
                     {"projector", std::string(200u << 10, 'b')},
                     {"second", std::string(40u << 20, 'c')}};
  write_weights(folder, tensors);
  const auto before = checkpoint_fingerprint(folder.path());
  tensors["projector"][150000] = 'x';
  write_weights(folder, tensors);
  const auto small = checkpoint_fingerprint(folder.path());
  EXPECT_NE(small, before);
  tensors["second"].assign(40u << 20, 'd');
  write_weights(folder, tensors);
  EXPECT_NE(checkpoint_fingerprint(folder.path()), small);
}

}  // namespace
}  // namespace lmms_eval::local
