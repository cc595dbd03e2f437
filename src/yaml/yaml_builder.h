#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lmms_eval {

/// The name under which `!function a.b` is kept: {"__function__": "a.b"}.
inline constexpr const char* kYamlFunction = "__function__";

/// Makes JSON of yaml-cpp's events, scalars as PyYAML reads them, and notes the place of each value.
///
/// Aliases are copied, so their values count each time, and a limit on the number of values stops bombs of them. Throws
/// Error{config} with file:line for what a task file cannot hold.
class YamlBuilder final : public YAML::EventHandler {
 public:
  /// `text` is what is being parsed. `places`: JSON pointer -> "file:line".
  YamlBuilder(const std::filesystem::path& path, std::string_view text, std::map<std::string, std::string>& places)
      : path_(path), text_(text), places_(places) {}

  /// The document's value, null for an empty one.
  nlohmann::ordered_json take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  using Json = nlohmann::ordered_json;

  struct Collection {
    Json value;
    std::string pointer;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    std::size_t values_before = 0;
    bool awaits_key = true;
    std::string key;
    bool key_is_merge = false;
    std::vector<Json> merged = {};  ///< of `<<`, in order
  };

  struct Anchored {
    Json value;
    std::size_t values = 0;
  };

  bool at_key() const { return !open_.empty() && open_.back().value.is_object() && open_.back().awaits_key; }
  std::string next_pointer() const;
  void count(const YAML::Mark& mark, std::size_t values);
  void read_key(const YAML::Mark& mark, const std::string& text, bool is_merge);
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty);
  void close();
  void add(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, std::size_t values);
  void merge(Json& map, const Json& merged, const YAML::Mark& mark) const;
  Json scalar(const YAML::Mark& mark, const std::string& tag, const std::string& value) const;
  std::string text_of(const YAML::Mark& mark, const std::string& value) const;
  std::string place(const YAML::Mark& mark) const;

  const std::filesystem::path& path_;
  std::string_view text_;
  std::map<std::string, std::string>& places_;
  Json root_;
  std::vector<Collection> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::size_t values_ = 0;
};

}  // namespace lmms_eval
