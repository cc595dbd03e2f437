#include "cli/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/flags.h"
#include "yaml/yaml_file.h"

namespace lmms_eval::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A value of the file, with the place that messages name.
struct Value {
  const Json& json;
  std::string place;
};

std::string expanded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      result += text[i];
      continue;
    }
    const bool braces = i + 1 < text.size() && text[i + 1] == '{';
    std::size_t begin = i + (braces ? 2 : 1), end = begin;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
    const bool closed = !braces || (end < text.size() && text[end] == '}');
    const std::string name = text.substr(begin, end - begin);
    const char* value = name.empty() || !closed ? nullptr : std::getenv(name.c_str());
    if (!value) {
      result += text[i];  // as os.path.expandvars: what is not set stays
      continue;
    }
    result += value;
    i = braces ? end : end - 1;
  }
  return result;
}

/// A single value as it would stand on the command line.
std::string scalar_text(const Json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void set_environment(const YamlFile& file, const std::string& pointer) {
  const Json& env = file.value.at(Json::json_pointer(pointer));
  if (!env.is_object()) throw errors::usage("{}: env must be a map of variable to value", file.place(pointer));
  for (const auto& [name, given] : env.items()) {
    const std::string place = file.place(pointer + "/" + pointer_part(name));
    if (given.is_structured()) throw errors::usage("{}: the variable {} must be one text or number", place, name);
    const std::string value = expanded(scalar_text(given));
    const std::string lower = to_lower(name);
    const bool secret = lower.find("key") != lower.npos || lower.find("token") != lower.npos ||
                        lower.find("secret") != lower.npos || lower.find("password") != lower.npos;
    if (secret) register_secret(value);
    spdlog::info("--config: {}={}", name, secret ? std::string(std::min<std::size_t>(8, value.size()), '*') : value);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
}

std::string kind_of(const Json& value) {
  return value.is_object() ? "a map" : value.is_array() ? "a list" : "one value";
}

/// A list as the command line has it. An item with a comma would become two.
std::string list_text(const std::string& key, const Value& list) {
  std::vector<std::string> items;
  for (const auto& item : list.json) {
    if (item.is_structured())
      throw errors::usage("{}: {} must be a list of texts or numbers; {} stands in it", list.place, key, kind_of(item));
    items.push_back(scalar_text(item));
    if (items.back().find(',') != std::string::npos)
      throw errors::usage("{}: {}: '{}' has a comma, which parts two items; write them as two", list.place, key,
                          items.back());
  }
  return join(items, ",");
}

/// A map as `k=v,...`; lists and maps in it are JSON, a text with a comma stands in quotes.
std::string key_values_text(const Json& map) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : map.items()) {
    std::string text = value.is_structured() ? value.dump() : scalar_text(value);
    if (value.is_string() && text.find(',') != text.npos && std::string_view("[{\"'").find(text.front()) == text.npos)
      text = text.find('"') == text.npos ? '"' + text + '"' : '\'' + text + '\'';
    pairs.push_back(key + "=" + text);
  }
  return join(pairs, ",");
}

/// The value of a flag as it would stand on the command line. Throws Error{usage} for a map or list where the flag
/// takes none.
std::string flag_text(const std::string& key, const Value& value) {
  const FlagKind kind = flag_kind(key);
  if (!value.json.is_structured()) return scalar_text(value.json);
  if (kind == FlagKind::json) return value.json.dump();
  if (kind == FlagKind::list && value.json.is_array()) return list_text(key, value);
  if (kind == FlagKind::key_values && value.json.is_object() && !is_function(value.json))
    return key_values_text(value.json);
  const char* wanted = kind == FlagKind::list         ? "a list, or a text with commas"
                       : kind == FlagKind::key_values ? "a map, or a text k=v,..."
                       : kind == FlagKind::on_off     ? "true or false"
                                                      : "one text or number";
  throw errors::usage("{}: {} must be {}, not {}", value.place, key, wanted, kind_of(value.json));
}

/// The argument for one entry; nothing for a switch that is off and for null.
std::optional<std::string> argument_of(const std::string& key, const Value& value) {
  if (value.json.is_null()) return std::nullopt;
  const FlagKind kind = flag_kind(key);
  const std::string text = flag_text(key, value);
  if (kind == FlagKind::on_off || kind == FlagKind::on_off_or_text) {
    const std::string lower = to_lower(text);
    for (const char* off : {"false", "no", "off", "0"})
      if (lower == off) return std::nullopt;
    for (const char* on : {"true", "yes", "on", "1"})
      if (lower == on) return "--" + key;
    if (kind == FlagKind::on_off) throw errors::usage("{}: {} must be true or false, not '{}'", value.place, key, text);
  }
  return "--" + key + "=" + text;
}

/// The flag that a key names. Throws Error{usage} with the nearest one.
std::string flag_of(const std::string& key, const std::string& place, const std::vector<std::string>& names) {
  const auto known = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (key == "config" || key == "help" || key == "version")
    throw errors::usage("{}: '{}' cannot stand in a --config file", place, key);
  if (known(key)) return key;
  std::vector<std::string> keys = {"env"};
  for (const auto& flag : names)
    if (flag.find('-') == flag.npos && flag != "config" && flag != "help" && flag != "version") keys.push_back(flag);
  throw errors::usage("{}: unknown key '{}'{} (--help lists the flags)", place, key, did_you_mean(key, keys));
}

/// One evaluation of the file, by its JSON pointer.
std::vector<std::string> arguments_of(const YamlFile& file, const std::string& pointer,
                                      const std::vector<std::string>& names) {
  const Json& map = file.value.at(Json::json_pointer(pointer));
  if (!map.is_object())
    throw errors::usage("{}: must be a map of flag names to values, e.g. `model: dummy`", file.place(pointer));
  std::vector<std::string> arguments;
  for (const auto& [key, value] : map.items()) {
    if (key == "env") continue;
    const std::string place = file.place(pointer + "/" + pointer_part(key));
    const auto argument = argument_of(flag_of(key, place, names), {value, place});
    if (!argument) continue;
    try {
      check_values(parse_flags({*argument}));
    } catch (const Error& error) {
      throw errors::usage("{}: {}", place, error.message());
    }
    arguments.push_back(*argument);
  }
  return arguments;
}

}  // namespace

std::vector<std::vector<std::string>> read_config_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) throw errors::usage("--config {}: no such file", path.string());
  const YamlFile file = YamlFile::read(path);
  std::vector<std::string> pointers;
  if (!file.value.is_array()) pointers.emplace_back();
  for (std::size_t i = 0; file.value.is_array() && i < file.value.size(); ++i)
    pointers.push_back("/" + std::to_string(i));
  if (file.value.is_null() || pointers.empty())
    throw errors::usage("{}: holds no evaluation; write flag names and values, e.g. `model: dummy`", path.string());
  for (const auto& pointer : pointers)
    if (const Json& map = file.value.at(Json::json_pointer(pointer)); map.is_object() && map.contains("env"))
      set_environment(file, pointer + "/env");
  std::vector<std::vector<std::string>> runs;
  const auto names = flag_names();
  for (const auto& pointer : pointers) runs.push_back(arguments_of(file, pointer, names));
  return runs;
}

}  // namespace lmms_eval::cli
