#include "models/local/torch/config.h"

#include "base/atomic_file.h"
#include "base/errors.h"

namespace lmms_eval::local {
namespace {

void apply_override(nlohmann::json& object, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) throw errors::usage("config override '{}' is not of the form key=value", text);
  std::string pointer = "/" + text.substr(0, equals);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  auto value = nlohmann::json::parse(text.substr(equals + 1), nullptr, false);
  if (value.is_discarded()) value = text.substr(equals + 1);
  object[nlohmann::json::json_pointer(pointer)] = std::move(value);
}

}  // namespace

Config Config::load(const std::filesystem::path& file, std::span<const std::string> overrides) {
  auto object = nlohmann::json::parse(read_file(file), nullptr, false);
  if (object.is_discarded() || !object.is_object()) throw errors::model("{}: not a JSON object", file.string());
  for (const auto& text : overrides) apply_override(object, text);
  return {std::move(object), file.filename().string() + ": "};
}

Config Config::load_if_present(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return load(file);
  return {nlohmann::json::object(), file.filename().string() + ": "};
}

std::string Config::name_of(const std::string& key) const { return where_ + key; }

const nlohmann::json* Config::find(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool Config::has(const std::string& key) const { return find(key) != nullptr; }

std::int64_t Config::integer(const std::string& key, std::optional<std::int64_t> fallback) const {
  const auto* value = find(key);
  if (!value && fallback) return *fallback;
  if (!value) throw errors::model("{} is missing", name_of(key));
  if (!value->is_number_integer()) throw errors::model("{} must be an integer, not {}", name_of(key), value->dump());
  return value->get<std::int64_t>();
}

double Config::number(const std::string& key, std::optional<double> fallback) const {
  const auto* value = find(key);
  if (!value && fallback) return *fallback;
  if (!value) throw errors::model("{} is missing", name_of(key));
  if (!value->is_number()) throw errors::model("{} must be a number, not {}", name_of(key), value->dump());
  return value->get<double>();
}

bool Config::boolean(const std::string& key, std::optional<bool> fallback) const {
  const auto* value = find(key);
  if (!value && fallback) return *fallback;
  if (!value) throw errors::model("{} is missing", name_of(key));
  if (!value->is_boolean()) throw errors::model("{} must be true or false, not {}", name_of(key), value->dump());
  return value->get<bool>();
}

std::string Config::text(const std::string& key, std::optional<std::string> fallback) const {
  const auto* value = find(key);
  if (!value && fallback) return *fallback;
  if (!value) throw errors::model("{} is missing", name_of(key));
  if (!value->is_string()) throw errors::model("{} must be a text, not {}", name_of(key), value->dump());
  return value->get<std::string>();
}

std::vector<std::int64_t> Config::integers(const std::string& key,
                                           std::optional<std::vector<std::int64_t>> fallback) const {
  const auto* value = find(key);
  if (!value && fallback) return *fallback;
  if (!value) throw errors::model("{} is missing", name_of(key));
  if (value->is_number_integer()) return {value->get<std::int64_t>()};
  std::vector<std::int64_t> list;
  if (value->is_array())
    for (const auto& item : *value)
      if (item.is_number_integer()) list.push_back(item.get<std::int64_t>());
  if (!value->is_array() || list.size() != value->size())
    throw errors::model("{} must be an integer or a list of them, not {}", name_of(key), value->dump());
  return list;
}

Config Config::section(const std::string& key) const {
  const auto* value = find(key);
  if (value && !value->is_object()) throw errors::model("{} must be an object, not {}", name_of(key), value->dump());
  return {value ? *value : nlohmann::json::object(), where_ + key + "."};
}

}  // namespace lmms_eval::local
