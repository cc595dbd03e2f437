#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "models/local/tokenizer.h"
#include "support/temp_dir.h"

namespace lmms_eval::local::testing {

using nlohmann::json;

/// A byte-level tokenizer.json with the ids: 0-255 the byte-level alphabet in the order of its code points, then what
/// `merges` make, in order.
inline json byte_level_tokenizer(const std::vector<std::pair<std::string, std::string>>& merges) {
  json vocabulary = json::object();
  const auto add = [&](const std::string& token) { vocabulary.emplace(token, vocabulary.size()); };
  for (int c = 0x21; c < 0x144; ++c) {
    if (c > 0x7E && (c < 0xA1 || c == 0xAD)) continue;
    add(c < 0x80 ? std::string(1, static_cast<char>(c))
                 : std::string{static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))});
  }
  json list = json::array();
  for (const auto& [left, right] : merges) {
    add(left + right);
    list.push_back({left, right});
  }
  const json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  return {{"version", "1.0"},
          {"added_tokens", json::array()},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level},
          {"post_processor", nullptr},
          {"decoder", byte_level},
          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}}};
}

inline json added_token(int id, const std::string& content, const json& properties = json::object()) {
  json token = {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
                {"rstrip", false}, {"normalized", false}, {"special", true}};
  token.update(properties);
  return token;
}

inline Tokenizer load(const lmms_eval::testing::TempDir& folder, const json& tokenizer) {
  folder.write("tokenizer.json", tokenizer.dump());
  return Tokenizer::load(folder.path());
}

/// The message of the Error that loading throws; empty if it throws none.
std::string load_error(const lmms_eval::testing::TempDir& folder, const json& tokenizer);

}  // namespace lmms_eval::local::testing
