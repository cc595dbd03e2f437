#include "tasks/yaml_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFunction = "__function__";

std::string escaped(const std::string& key) {
  std::string text;
  for (char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

std::optional<Json> integer(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (c != '_') digits += c;
  std::string_view body = digits;
  bool negative = false;
  if (body.starts_with('+') || body.starts_with('-')) {
    negative = body[0] == '-';
    body.remove_prefix(1);
  }
  int base = 10;
  if (body.starts_with("0x")) base = 16, body.remove_prefix(2);
  else if (body.starts_with("0b")) base = 2, body.remove_prefix(2);
  else if (body.size() > 1 && body[0] == '0') base = 8, body.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value, base);
  if (body.empty() || error != std::errc{} || end != body.data() + body.size()) return std::nullopt;
  return negative ? -value : value;
}

/// A plain scalar by PyYAML's implicit resolvers.
Json plain_scalar(const std::string& text) {
  static const std::set<std::string> kTrue = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
  static const std::set<std::string> kFalse = {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};
  static const std::set<std::string> kNull = {"", "~", "null", "Null", "NULL"};
  if (kTrue.count(text)) return true;
  if (kFalse.count(text)) return false;
  if (kNull.count(text)) return nullptr;
  const char first = text[0];
  if (!(std::isdigit(static_cast<unsigned char>(first)) || first == '+' || first == '-' || first == '.')) return text;
  if (auto value = integer(text)) return *value;
  if (text == ".inf" || text == "+.inf" || text == ".Inf") return std::numeric_limits<double>::infinity();
  if (text == "-.inf" || text == "-.Inf") return -std::numeric_limits<double>::infinity();
  if (text == ".nan" || text == ".NaN") return std::numeric_limits<double>::quiet_NaN();
  // PyYAML wants a dot in a float; 1e5 is text there.
  static const Regex kFloat(R"(^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$)");
  if (!kFloat.search(text)) return text;
  std::string digits;
  for (char c : text)
    if (c != '_' && c != '+') digits += c;
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

class Converter {
 public:
  Converter(const fs::path& path, YamlFile& out) : path_(path), out_(out) {}

  Json convert(const YAML::Node& node, const std::string& pointer) {
    note(node, pointer);
    if (const std::string tag = node.Tag(); tag == "!function") {
      if (!node.IsScalar()) throw errors::config("{}: !function needs a name like module.name", place(node));
      return {{kFunction, node.Scalar()}};
    } else if (tag.starts_with("!") && tag.size() > 1) {
      throw errors::config("{}: unknown tag {}; only !function is known", place(node), tag);
    } else if (node.IsScalar()) {
      return tag == "!" || tag == "tag:yaml.org,2002:str" ? Json(node.Scalar()) : plain_scalar(node.Scalar());
    }
    if (node.IsSequence()) {
      Json list = Json::array();
      for (std::size_t i = 0; i < node.size(); ++i) list.push_back(convert(node[i], pointer + "/" + std::to_string(i)));
      return list;
    }
    if (!node.IsMap()) return nullptr;
    Json map = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw errors::config("{}: a key must be a text", place(entry.first));
      const std::string key = entry.first.Scalar();
      if (key == "<<") {
        merge(map, convert(entry.second, pointer), place(entry.first));
        continue;
      }
      const std::string below = pointer + "/" + escaped(key);
      map[key] = convert(entry.second, below);
      note(entry.first, below);  // the key's line says more than the value's
    }
    return map;
  }

 private:
  std::string place(const YAML::Node& node) const { return path_.string() + ":" + std::to_string(node.Mark().line + 1); }
  void note(const YAML::Node& node, const std::string& pointer) {
    if (node.Mark().line >= 0) out_.places[pointer] = place(node);
  }

  /// `<<: *anchor`: what the map does not say itself.
  static void merge(Json& map, const Json& merged, const std::string& where) {
    if (merged.is_array()) {
      for (const auto& item : merged) merge(map, item, where);
      return;
    }
    if (!merged.is_object()) throw errors::config("{}: << needs a map", where);
    for (const auto& [key, value] : merged.items())
      if (!map.contains(key)) map[key] = value;
  }

  const fs::path& path_;
  YamlFile& out_;
};

YamlFile load_one(const fs::path& path, std::vector<fs::path>& chain);

/// Adds what an included file says and `file` does not.
void include(YamlFile& file, const std::string& name, const std::string& where, std::vector<fs::path>& chain) {
  fs::path path = fs::path(name).is_absolute() ? fs::path(name) : file.path.parent_path() / name;
  if (!fs::is_regular_file(path) && fs::is_regular_file(name)) path = name;
  if (!fs::is_regular_file(path)) throw errors::config("{}: included file {} does not exist", where, path.string());
  const YamlFile other = load_one(path, chain);
  for (const auto& [key, value] : other.value.items()) {
    if (file.value.contains(key)) continue;
    file.value[key] = value;
    const std::string pointer = "/" + escaped(key);
    for (const auto& [below, text] : other.places)
      if (below == pointer || below.starts_with(pointer + "/")) file.places[below] = text;
  }
}

YamlFile load_one(const fs::path& path, std::vector<fs::path>& chain) {
  const fs::path canonical = fs::weakly_canonical(path);
  if (std::find(chain.begin(), chain.end(), canonical) != chain.end()) throw errors::config("{}: includes itself", path.string());
  chain.push_back(canonical);
  YamlFile file;
  file.path = path;
  try {
    const YAML::Node root = YAML::LoadFile(path.string());
    if (!root.IsMap()) throw errors::config("{}: must be a map of field names to values", path.string() + ":1");
    file.value = Converter(path, file).convert(root, "");
  } catch (const YAML::BadFile&) {
    throw errors::config("{}: cannot be read", path.string());
  } catch (const YAML::Exception& error) {
    throw errors::config("{}:{}: {}", path.string(), error.mark.line + 1, error.msg);
  }
  if (file.value.contains("include")) {
    const Json names = file.value["include"];
    const std::string where = file.place("/include");
    file.value.erase("include");
    if (names.is_string()) include(file, names.get<std::string>(), where, chain);
    else if (names.is_array()) {
      for (const auto& name : names) include(file, name.get<std::string>(), where, chain);
    } else throw errors::config("{}: include must be a file name or a list of them", where);
  }
  chain.pop_back();
  return file;
}

}  // namespace

YamlFile YamlFile::load(const fs::path& path) {
  std::vector<fs::path> chain;
  return load_one(path, chain);
}

std::string YamlFile::place(const std::string& pointer) const {
  for (std::string at = pointer;; at.resize(at.rfind('/'))) {
    if (const auto found = places.find(at); found != places.end()) return found->second;
    if (at.empty()) return path.string();
  }
}

fs::path YamlFile::folder_of(const std::string& key) const {
  const std::string where = place("/" + escaped(key));
  return fs::path(where.substr(0, where.rfind(':'))).parent_path();
}

bool is_function(const Json& value) { return value.is_object() && value.size() == 1 && value.contains(kFunction); }

std::string function_name(const Json& value) { return value[kFunction].get<std::string>(); }

}  // namespace lmms_eval
