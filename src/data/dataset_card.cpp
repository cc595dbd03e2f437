#include "data/dataset_card.h"

#include <algorithm>

#include "base/errors.h"
#include "yaml/yaml_file.h"

namespace lmms_eval::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_text_list(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); });
}

Json as_list(const Json& value) { return value.is_string() ? Json::array({value}) : value; }

/// data_files in one form. A text or a list of texts is the split "train".
Json patterns_by_split(const Json& value, const YamlFile& file, const std::string& at) {
  Json patterns = Json::object();
  if (value.is_string() || is_text_list(value)) {
    patterns["train"] = as_list(value);
    return patterns;
  }
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
    const Json& entry = value[i];
    const bool whole = entry.is_object() && entry.contains("split") && entry["split"].is_string() &&
                       entry.contains("path") && (entry["path"].is_string() || is_text_list(entry["path"]));
    if (!whole)
      throw errors::data("{}: an entry of data_files needs `split` and `path` (a pattern or a list of them)",
                         file.place(at + "/" + std::to_string(i)));
    patterns[entry["split"].get<std::string>()] = as_list(entry["path"]);
  }
  if (patterns.empty())
    throw errors::data("{}: data_files must be a pattern, or a list of patterns or of `split` and `path`",
                       file.place(at));
  return patterns;
}

std::string text_field(const Json& entry, const char* key, const YamlFile& file, const std::string& at) {
  if (!entry.contains(key) || entry[key].is_null()) return {};
  if (!entry[key].is_string()) throw errors::data("{}: {} must be a text", file.place(at + "/" + key), key);
  return entry[key].get<std::string>();
}

CardConfig read_config(const Json& entry, const YamlFile& file, const std::string& at) {
  CardConfig config;
  config.where = file.place(at);
  config.name = entry.is_object() ? text_field(entry, "config_name", file, at) : std::string();
  if (config.name.empty()) throw errors::data("{}: a configuration needs a text `config_name`", config.where);
  if (entry.contains("data_files"))
    config.data_files = patterns_by_split(entry["data_files"], file, at + "/data_files");
  config.data_dir = text_field(entry, "data_dir", file, at);
  config.separator = text_field(entry, "sep", file, at);
  if (config.separator.empty()) config.separator = text_field(entry, "delimiter", file, at);
  config.is_default = entry.value("default", Json(false)) == Json(true);
  return config;
}

}  // namespace

std::vector<CardConfig> read_dataset_card(const fs::path& folder) {
  YamlFile file;
  if (const auto readme = folder / "README.md"; fs::is_regular_file(readme)) file = YamlFile::read_front_matter(readme);
  if (const auto alone = folder / ".huggingface.yaml"; fs::is_regular_file(alone))
    if (auto other = YamlFile::read(alone); other.value.is_object() && other.value.contains("configs"))
      file = std::move(other);
  std::vector<CardConfig> configs;
  if (!file.value.is_object() || !file.value.contains("configs") || file.value["configs"].is_null()) return configs;
  const Json& entries = file.value["configs"];
  if (!entries.is_array()) throw errors::data("{}: configs must be a list", file.place("/configs"));
  for (std::size_t i = 0; i < entries.size(); ++i)
    configs.push_back(read_config(entries[i], file, "/configs/" + std::to_string(i)));
  return configs;
}

}  // namespace lmms_eval::data
