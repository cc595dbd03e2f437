#include "tasks/yaml_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/errors.h"
#include "base/text.h"
#include "base/utf8.h"
#include "tasks/yaml_quoted.h"
#include "tasks/yaml_scalar.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFunction = "__function__";

// Task files have some kilobytes; what goes beyond these is a mistake or an attack (aliases of aliases of aliases).
constexpr std::uintmax_t kLargestFile = 8 << 20;
constexpr std::size_t kMostValues = 1'000'000;
constexpr int kDeepest = 100;

std::string escaped(const std::string& key) {
  std::string text;
  for (char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

class Converter {
 public:
  Converter(const fs::path& path, std::string_view text, YamlFile& out) : path_(path), text_(text), out_(out) {}

  Json convert(const YAML::Node& node, const std::string& pointer) {
    if (++values_ > kMostValues)
      throw errors::config("{}: more than {} values, aliases counted each time", place(node), kMostValues);
    if (++depth_ > kDeepest) throw errors::config("{}: nested more than {} deep", place(node), kDeepest);
    Json value = convert_here(node, pointer);
    --depth_;
    return value;
  }

 private:
  Json convert_here(const YAML::Node& node, const std::string& pointer) {
    note(node, pointer);
    if (const std::string& tag = node.Tag(); tag == "!function") {
      if (!node.IsScalar()) throw errors::config("{}: !function needs a name like module.name", place(node));
      return {{kFunction, node.Scalar()}};
    } else if (tag.starts_with("!") && tag.size() > 1) {
      throw errors::config("{}: unknown tag {}; only !function is known", place(node), tag);
    } else if (node.IsScalar()) {
      const bool is_text = tag == "!" || tag == "tag:yaml.org,2002:str";
      return is_text ? Json(text_of(node)) : yaml_plain_scalar(node.Scalar());
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
      const std::string key = key_text(entry.first);
      if (key == "<<" && entry.first.Tag() == "?") {
        merge(map, convert(entry.second, pointer), place(entry.first));
        continue;
      }
      const std::string below = pointer + "/" + escaped(key);
      map[key] = convert(entry.second, below);
      note(entry.first, below);  // the key's line says more than the value's
    }
    return map;
  }

  std::string text_of(const YAML::Node& scalar) const {
    try {
      auto quoted = yaml_quoted_scalar(text_, static_cast<std::size_t>(scalar.Mark().pos));
      return quoted ? *quoted : scalar.Scalar();
    } catch (const Error& error) {
      throw errors::config("{}: {}", place(scalar), error.what());
    }
  }

  /// A key that is no text becomes what Python prints for it.
  std::string key_text(const YAML::Node& key) const {
    const Json value = key.Tag() == "?" ? yaml_plain_scalar(key.Scalar()) : Json(text_of(key));
    if (value.is_null()) return "None";
    if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
    return value.is_number_integer() ? value.dump() : key.Scalar();
  }

  std::string place(const YAML::Node& node) const {
    return path_.string() + ":" + std::to_string(node.Mark().line + 1);
  }
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
  std::string_view text_;
  YamlFile& out_;
  std::size_t values_ = 0;
  int depth_ = 0;
};

std::string read_text(const fs::path& path) {
  std::error_code ignored;
  if (const auto size = fs::file_size(path, ignored); !ignored && size > kLargestFile)
    throw errors::config("{}: {} MB; a task file may have {}", path.string(), size >> 20, kLargestFile >> 20);
  std::ifstream stream(path, std::ios::binary);
  if (!fs::is_regular_file(path) || !stream) throw errors::config("{}: cannot be read", path.string());
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (const auto valid = valid_utf8_prefix(text); valid < text.size())
    throw errors::config("{}:{}: byte 0x{:02x} is not UTF-8; save the file as UTF-8", path.string(),
                         std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(valid), '\n') + 1,
                         static_cast<unsigned char>(text[valid]));
  return text;
}

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

/// The file itself wins over the first include, that over the second.
void follow_includes(YamlFile& file, std::vector<fs::path>& chain) {
  if (!file.value.contains("include")) return;
  Json names = file.value["include"];
  const std::string where = file.place("/include");
  file.value.erase("include");
  if (names.is_string()) names = Json::array({names});
  const bool texts =
      names.is_array() && std::all_of(names.begin(), names.end(), [](const Json& name) { return name.is_string(); });
  if (!texts) throw errors::config("{}: include must be a file name or a list of them", where);
  for (const auto& name : names) include(file, name.get<std::string>(), where, chain);
}

YamlFile load_one(const fs::path& path, std::vector<fs::path>& chain) {
  const fs::path canonical = fs::weakly_canonical(path);
  if (std::find(chain.begin(), chain.end(), canonical) != chain.end())
    throw errors::config("{}: includes itself", path.string());
  chain.push_back(canonical);
  YamlFile file;
  file.path = path;
  const std::string text = read_text(path);
  try {
    const auto documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      throw errors::config("{}:1: holds {} YAML documents; a task file is one", path.string(), documents.size());
    const YAML::Node root = documents.empty() ? YAML::Node() : documents.front();
    if (!root.IsMap()) throw errors::config("{}: must be a map of field names to values", path.string() + ":1");
    file.value = Converter(path, text, file).convert(root, "");
  } catch (const YAML::Exception& error) {
    throw errors::config("{}:{}: {}", path.string(), error.mark.line + 1, error.msg);
  }
  follow_includes(file, chain);
  chain.pop_back();
  return file;
}

}  // namespace

YamlFile YamlFile::load(const fs::path& path) {
  std::vector<fs::path> chain;
  return load_one(path, chain);
}

void YamlFile::replace_place(const std::string& pointer, const std::string& place) {
  std::erase_if(places, [&](const auto& entry) { return entry.first.starts_with(pointer + "/"); });
  places[pointer] = place;
}

std::string YamlFile::place(const std::string& pointer) const {
  for (std::string at = pointer;; at.resize(at.rfind('/'))) {
    if (const auto found = places.find(at); found != places.end()) return found->second;
    if (at.empty()) return path.string();
  }
}

YamlFile YamlFile::inner(const Json& map, const std::string& pointer) const {
  YamlFile file;
  file.path = path;
  file.value = map;
  for (const auto& [at, text] : places)
    if (at.starts_with(pointer + "/")) file.places[at.substr(pointer.size())] = text;
  file.places[""] = place(pointer);
  std::vector<fs::path> chain = {fs::weakly_canonical(path)};
  follow_includes(file, chain);
  return file;
}

fs::path YamlFile::folder_of(const std::string& key) const {
  const std::string where = place("/" + escaped(key));
  return fs::path(where.substr(0, where.rfind(':'))).parent_path();
}

bool is_function(const Json& value) { return value.is_object() && value.size() == 1 && value.contains(kFunction); }

std::string function_name(const Json& value) { return value[kFunction].get<std::string>(); }

}  // namespace lmms_eval
