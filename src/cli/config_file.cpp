#include "cli/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/flags.h"

namespace lmms_eval::cli {
namespace {

std::string where(const std::filesystem::path& file, const YAML::Mark& mark) {
  return file.string() + ":" + std::to_string(mark.line + 1);
}

bool is_true(const std::string& text) {
  const std::string lower = to_lower(text);
  return lower == "true" || lower == "yes" || lower == "on" || lower == "1";
}

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

void set_environment(const YAML::Node& env, const std::filesystem::path& file) {
  if (!env.IsMap()) throw errors::config("{}: env must be a map of variable to value", where(file, env.Mark()));
  for (const auto& entry : env) {
    const std::string name = entry.first.as<std::string>(), value = expanded(entry.second.as<std::string>());
    const std::string lower = to_lower(name);
    const bool secret = lower.find("key") != lower.npos || lower.find("token") != lower.npos ||
                        lower.find("secret") != lower.npos || lower.find("password") != lower.npos;
    if (secret) register_secret(value);
    spdlog::info("--config: {}={}", name, secret ? std::string(std::min<std::size_t>(8, value.size()), '*') : value);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
}

/// The text of a value as it would stand on the command line.
std::string flag_text(const YAML::Node& value, const std::string& where_text) {
  if (value.IsScalar()) return value.Scalar();
  std::vector<std::string> parts;
  if (value.IsSequence()) {
    for (const auto& item : value) parts.push_back(flag_text(item, where_text));
  } else if (value.IsMap()) {
    for (const auto& entry : value)
      parts.push_back(entry.first.as<std::string>() + "=" + flag_text(entry.second, where_text));
  } else {
    throw errors::config("{}: the value must be a text, number, list or map", where_text);
  }
  return join(parts, ",");
}

std::vector<std::string> arguments_of(const YAML::Node& map, const std::filesystem::path& file,
                                      const std::vector<std::string>& names) {
  if (!map.IsMap()) throw errors::config("{}: must be a map of flag names to values", where(file, map.Mark()));
  std::vector<std::string> arguments;
  for (const auto& entry : map) {
    std::string key = entry.first.as<std::string>();
    const std::string place = where(file, entry.first.Mark());
    if (key == "env") continue;
    if (std::find(names.begin(), names.end(), key) == names.end()) {
      std::replace(key.begin(), key.end(), '_', '-');  // power_analysis and its like
      if (std::find(names.begin(), names.end(), key) == names.end())
        throw errors::usage("{}: unknown key '{}'{} (valid: {})", place, entry.first.as<std::string>(),
                            did_you_mean(entry.first.as<std::string>(), names), join(names, ", "));
    }
    if (key == "config" || key == "help" || key == "version")
      throw errors::usage("{}: '{}' cannot stand in a --config file", place, key);
    const YAML::Node& value = entry.second;
    if (value.IsNull()) continue;
    if (is_switch(key) || key == "apply_chat_template") {
      const std::string text = value.IsScalar() ? value.Scalar() : "";
      if (to_lower(text) == "false" || to_lower(text) == "no" || to_lower(text) == "off") continue;
      if (is_true(text)) {
        arguments.push_back("--" + key);
        continue;
      }
      if (is_switch(key)) throw errors::usage("{}: {} must be true or false", place, key);
    }
    arguments.push_back("--" + key + "=" + flag_text(value, place));
  }
  return arguments;
}

}  // namespace

std::vector<std::vector<std::string>> read_config_file(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) throw errors::usage("--config {}: no such file", file.string());
  YAML::Node root;
  try {
    root = YAML::LoadFile(file.string());
  } catch (const YAML::Exception& error) {
    throw errors::config("{}: {}", where(file, error.mark), error.msg);
  }
  const auto names = flag_names();
  std::vector<YAML::Node> maps;
  if (root.IsSequence()) {
    for (const auto& map : root) maps.push_back(map);
  } else {
    maps.push_back(root);
  }
  if (maps.empty()) throw errors::config("{}: holds no evaluation", file.string());
  std::vector<std::vector<std::string>> runs;
  try {
    for (const auto& map : maps)
      if (map.IsMap() && map["env"]) set_environment(map["env"], file);
    for (const auto& map : maps) runs.push_back(arguments_of(map, file, names));
  } catch (const YAML::Exception& error) {
    throw errors::config("{}: {}", where(file, error.mark), error.msg);
  }
  return runs;
}

}  // namespace lmms_eval::cli
