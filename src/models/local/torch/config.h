#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval::local {

/// One JSON object of a checkpoint (config.json, generation_config.json or a section of them) with typed look-ups.
///
/// A key that is absent or null gives the default, which is the default of transformers' config class: its files leave
/// such keys out. Throws Error{model} naming the file, the full key ("text_config.hidden_size") and what was expected.
class Config {
 public:
  /// Reads a file. Each override is "text_config.rope_theta=10000": a value of JSON (else text) put over the file's
  /// own.
  static Config load(const std::filesystem::path& file, std::span<const std::string> overrides = {});
  /// An empty object where the file is absent.
  static Config load_if_present(const std::filesystem::path& file);
  Config(nlohmann::json object, std::string where) : object_(std::move(object)), where_(std::move(where)) {}

  bool has(const std::string& key) const;
  std::int64_t integer(const std::string& key, std::optional<std::int64_t> fallback = {}) const;
  double number(const std::string& key, std::optional<double> fallback = {}) const;
  bool boolean(const std::string& key, std::optional<bool> fallback = {}) const;
  std::string text(const std::string& key, std::optional<std::string> fallback = {}) const;
  /// A list of integers; a single integer counts as a list of one.
  std::vector<std::int64_t> integers(const std::string& key,
                                     std::optional<std::vector<std::int64_t>> fallback = {}) const;
  /// A section; an empty one where the key is absent.
  Config section(const std::string& key) const;
  const nlohmann::json& json() const { return object_; }
  /// "config.json: text_config.hidden_size" as it stands in messages.
  std::string name_of(const std::string& key) const;

 private:
  const nlohmann::json* find(const std::string& key) const;

  nlohmann::json object_;
  std::string where_;  ///< "config.json: " or "config.json: text_config."
};

}  // namespace lmms_eval::local
