#include "models/local/tokenizer/special_tokens.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::local::tokenization {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kNames = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                    "pad_token", "cls_token", "mask_token"};

/// Null if there is no such file.
json read_json(const fs::path& path) {
  if (!fs::exists(path)) return nullptr;
  const std::string text = read_file(path);
  try {
    auto value = json::parse(text);
    if (!value.is_object()) throw errors::model("{}: must hold a JSON object", path.string());
    return value;
  } catch (const json::exception& error) {
    throw errors::model("{}: malformed JSON: {}", path.string(), one_line(error.what()));
  }
}

class Collector {
 public:
  explicit Collector(SpecialTokens& result) : result_(result) {}

  void collect(const Node& config, const Node& map) {
    add_decoder(config.at("added_tokens_decoder"));
    const bool legacy = config.at("added_tokens_decoder").is_null() && !map.is_null();
    for (const auto name : kNames) {
      const std::string key(name);
      const bool from_map = legacy && map.value().contains(key);
      name_token(key, (from_map ? map : config).at(key));
    }
    for (const auto& [key, value] : config.value().items()) {
      if (key.ends_with("_token") && std::find(kNames.begin(), kNames.end(), key) == kNames.end()) {
        name_token(key, config.at(key));
      }
    }
    add_extra(config);
    if (legacy) add_extra(map);
  }

 private:
  void add_decoder(const Node& decoder) {
    if (decoder.is_null()) return;
    if (!decoder.value().is_object()) decoder.wrong_type("an object");
    std::map<long, AddedToken> by_id;
    for (const auto& [id, value] : decoder.value().items()) by_id[std::atol(id.c_str())] = added_token(decoder.at(id));
    for (auto& [id, token] : by_id) result_.tokens.push_back({std::move(token), true});
  }

  /// A text, an object with content, or something that is no token (null, a flag such as add_bos_token).
  void name_token(const std::string& name, const Node& node) {
    if (node.value().is_string()) {
      result_.named.emplace_back(name, node.as_text());
      add_text(node.as_text());
    } else if (node.value().is_object() && node.value().contains("content")) {
      auto token = added_token(node);
      token.special = true;
      result_.named.emplace_back(name, token.content);
      add_token(std::move(token));
    }
  }

  void add_extra(const Node& source) {
    const auto extra = source.at("extra_special_tokens");
    if (extra.value().is_object()) {
      for (const auto& [name, value] : extra.value().items()) name_token(name, extra.at(name));
      return;
    }
    const bool has_extra = extra.value().is_array() && !extra.value().empty();
    const std::string key = has_extra ? "extra_special_tokens" : "additional_special_tokens";
    if (source.at(key).is_null()) return;
    for (const auto& item : source.items(key)) {
      if (item.value().is_string()) {
        add_text(item.as_text());
      } else {
        auto token = added_token(item);
        token.special = true;
        add_token(std::move(token));
      }
    }
  }

  bool has(const std::string& content) const {
    return std::any_of(result_.tokens.begin(), result_.tokens.end(),
                       [&](const SpecialTokens::Entry& entry) { return entry.token.content == content; });
  }
  void add_token(AddedToken token) {
    if (!has(token.content)) result_.tokens.push_back({std::move(token), false});
  }
  void add_text(const std::string& content) {
    AddedToken token;
    token.content = content;
    token.special = true;
    add_token(std::move(token));
  }

  SpecialTokens& result_;
};

}  // namespace

AddedToken added_token(const Node& node) {
  AddedToken token;
  token.content = node.text("content");
  token.single_word = node.flag("single_word", false);
  token.lstrip = node.flag("lstrip", false);
  token.rstrip = node.flag("rstrip", false);
  token.special = node.flag("special", false);
  token.normalized = node.flag("normalized", !token.special);
  return token;
}

std::string SpecialTokens::text_of(const std::string& name) const {
  for (const auto& [key, text] : named) {
    if (key == name) return text;
  }
  return {};
}

SpecialTokens read_special_tokens(const fs::path& folder) {
  const auto config_path = folder / "tokenizer_config.json";
  const auto map_path = folder / "special_tokens_map.json";
  const json config = read_json(config_path);
  const json map = read_json(map_path);
  SpecialTokens result;
  const Node node(config, config_path.string() + ":");
  Collector(result).collect(node, Node(map, map_path.string() + ":"));
  result.clean_up = node.flag("clean_up_tokenization_spaces", false) &&
                    node.flag("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false);
  return result;
}

}  // namespace lmms_eval::local::tokenization
