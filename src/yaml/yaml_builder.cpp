#include "yaml/yaml_builder.h"

#include <utility>

#include "base/errors.h"
#include "yaml/yaml_file.h"
#include "yaml/yaml_quoted.h"
#include "yaml/yaml_scalar.h"

namespace lmms_eval {
namespace {

constexpr std::size_t kMostValues = 200'000;
constexpr std::size_t kDeepest = 100;

/// What Python prints for a key.
std::string printed(const nlohmann::ordered_json& key, const std::string& as_written) {
  if (key.is_null()) return "None";
  if (key.is_boolean()) return key.get<bool>() ? "True" : "False";
  return key.is_number_integer() ? key.dump() : as_written;
}

}  // namespace

std::string YamlBuilder::place(const YAML::Mark& mark) const {
  return path_.string() + ":" + std::to_string(mark.line + 1);
}

std::string YamlBuilder::next_pointer() const {
  if (open_.empty()) return "";
  const Collection& around = open_.back();
  const std::string part = around.value.is_array() ? std::to_string(around.value.size()) : pointer_part(around.key);
  return around.pointer + "/" + part;
}

void YamlBuilder::count(const YAML::Mark& mark, std::size_t values) {
  values_ += values;
  if (values_ > kMostValues)
    throw errors::config("{}: more than {} values, aliases counted each time", place(mark), kMostValues);
}

std::string YamlBuilder::text_of(const YAML::Mark& mark, const std::string& value) const {
  try {
    auto quoted = yaml_quoted_scalar(text_, static_cast<std::size_t>(mark.pos));
    return quoted ? *quoted : value;
  } catch (const Error& error) {
    throw errors::config("{}: {}", place(mark), error.what());
  }
}

YamlBuilder::Json YamlBuilder::scalar(const YAML::Mark& mark, const std::string& tag, const std::string& value) const {
  if (tag == "!function") return {{kYamlFunction, value}};
  if (tag.starts_with("!") && tag.size() > 1)
    throw errors::config("{}: unknown tag {}; only !function is known", place(mark), tag);
  const bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
  return is_text ? Json(text_of(mark, value)) : yaml_plain_scalar(value);
}

void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  count(mark, 1);
  if (at_key())
    read_key(mark, "None", false);
  else
    add(mark, anchor, nullptr, 1);
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  count(mark, 1);
  Json read = scalar(mark, tag, value);
  if (!at_key()) {
    add(mark, anchor, std::move(read), 1);
    return;
  }
  if (anchor != 0) anchors_[anchor] = {read, 1};
  read_key(mark, read.is_string() ? read.get<std::string>() : printed(read, value), tag == "?" && value == "<<");
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw errors::config("{}: an alias inside what it stands for", place(mark));
  count(mark, found->second.values);
  if (!at_key()) {
    add(mark, 0, found->second.value, found->second.values);
  } else {
    if (!found->second.value.is_string()) throw errors::config("{}: a key must be a text", place(mark));
    read_key(mark, found->second.value.get<std::string>(), false);
  }
}

void YamlBuilder::read_key(const YAML::Mark& mark, const std::string& text, bool is_merge) {
  Collection& map = open_.back();
  map.key = text;
  map.key_is_merge = is_merge;
  map.awaits_key = false;
  places_[next_pointer()] = place(mark);  // the key's line says more than the value's
}

void YamlBuilder::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json empty) {
  count(mark, 1);
  if (at_key()) throw errors::config("{}: a key must be a text (or a bracket is not closed)", place(mark));
  if (tag == "!function") throw errors::config("{}: !function needs a name like module.name", place(mark));
  if (tag.starts_with("!") && tag.size() > 1)
    throw errors::config("{}: unknown tag {}; only !function is known", place(mark), tag);
  if (open_.size() >= kDeepest) throw errors::config("{}: nested more than {} deep", place(mark), kDeepest);
  open_.push_back({std::move(empty), next_pointer(), anchor, mark, values_ - 1});
  places_.emplace(open_.back().pointer, place(mark));
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  open(mark, tag, anchor, Json::array());
}

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  open(mark, tag, anchor, Json::object());
}

void YamlBuilder::close() {
  Collection done = std::move(open_.back());
  open_.pop_back();
  for (const Json& merged : done.merged) merge(done.value, merged, done.mark);
  add(done.mark, done.anchor, std::move(done.value), values_ - done.values_before);
}

void YamlBuilder::add(const YAML::Mark& mark, YAML::anchor_t anchor, Json value, std::size_t values) {
  if (anchor != 0) anchors_[anchor] = {value, values};
  places_.emplace(next_pointer(), place(mark));
  if (open_.empty()) {
    root_ = std::move(value);
    return;
  }
  Collection& around = open_.back();
  if (around.value.is_array())
    around.value.push_back(std::move(value));
  else if (around.key_is_merge)
    around.merged.push_back(std::move(value));
  else
    around.value[around.key] = std::move(value);
  around.awaits_key = true;
}

/// `<<: *anchor`: what the map does not say itself.
void YamlBuilder::merge(Json& map, const Json& merged, const YAML::Mark& mark) const {
  if (merged.is_array()) {
    for (const auto& item : merged) merge(map, item, mark);
    return;
  }
  if (!merged.is_object()) throw errors::config("{}: << needs a map", place(mark));
  for (const auto& [key, value] : merged.items())
    if (!map.contains(key)) map[key] = value;
}

}  // namespace lmms_eval
