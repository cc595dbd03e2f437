#include "yaml/yaml_file.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/utf8.h"
#include "yaml/yaml_builder.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uintmax_t kLargestFile = 8 << 20;  // such files have some kilobytes

/// As PyYAML does; to yaml-cpp a zero byte ends a text.
void refuse_control_characters(const fs::path& path, const std::string& text) {
  const auto bad = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  });
  if (bad != text.end())
    throw errors::config("{}:{}: control character 0x{:02x}; write it as an escape in quotes", path.string(),
                         std::count(text.begin(), bad, '\n') + 1, static_cast<unsigned char>(*bad));
}

std::string read_text(const fs::path& path) {
  std::error_code ignored;
  if (const auto size = fs::file_size(path, ignored); !ignored && size > kLargestFile)
    throw errors::config("{}: {} MB are too much for a YAML file (at most {}); keep data in a data file", path.string(),
                         size >> 20, kLargestFile >> 20);
  if (!fs::is_regular_file(path)) throw errors::config("{}: cannot be read", path.string());
  std::string text = read_file(path);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (const auto problem = utf8_problem(path.string(), text); !problem.empty()) throw errors::config("{}", problem);
  refuse_control_characters(path, text);
  return text;
}

YamlFile load_one(const fs::path& path, std::vector<fs::path>& chain);

/// A file that is being read already would be read for ever.
void refuse_circle(const fs::path& path, const std::string& where, const std::vector<fs::path>& chain) {
  const auto begin = std::find(chain.begin(), chain.end(), fs::weakly_canonical(path));
  if (begin == chain.end()) return;
  std::vector<std::string> names;
  for (auto file = begin; file != chain.end(); ++file) names.push_back(file->filename().string());
  names.push_back(begin->filename().string());
  throw errors::config("{}: these files include each other without end: {}; take one of the includes out", where,
                       join(names, " -> "));
}

/// Adds what an included file says and `file` does not.
void include(YamlFile& file, const std::string& name, const std::string& where, std::vector<fs::path>& chain) {
  fs::path path = fs::path(name).is_absolute() ? fs::path(name) : file.path.parent_path() / name;
  if (!fs::is_regular_file(path) && fs::is_regular_file(name)) path = name;
  if (!fs::is_regular_file(path)) throw errors::config("{}: included file {} does not exist", where, path.string());
  refuse_circle(path, where, chain);
  const YamlFile other = load_one(path, chain);
  for (const auto& [key, value] : other.value.items()) {
    if (file.value.contains(key)) continue;
    file.value[key] = value;
    const std::string pointer = "/" + pointer_part(key);
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

/// Where the second document of a file begins.
class DocumentStart final : public YAML::EventHandler {
 public:
  int line = 0;
  void OnDocumentStart(const YAML::Mark& mark) override { line = mark.line + 1; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// The parser itself, not YAML::LoadAll, which never ends on a text that begins with a comma.
Json parse(const fs::path& path, const std::string& text, std::map<std::string, std::string>& places) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    YamlBuilder builder(path, text, places);
    parser.HandleNextDocument(builder);
    if (DocumentStart second; parser && parser.HandleNextDocument(second))
      throw errors::config("{}:{}: a second YAML document, or text outside of any; one file is one document here",
                           path.string(), second.line);
    return builder.take();
  } catch (const YAML::Exception& error) {
    throw errors::config("{}:{}: {}", path.string(), error.mark.line + 1, error.msg);
  }
}

YamlFile load_one(const fs::path& path, std::vector<fs::path>& chain) {
  chain.push_back(fs::weakly_canonical(path));
  YamlFile file = YamlFile::read(path);
  if (!file.value.is_object()) throw errors::config("{}:1: must be a map of field names to values", path.string());
  follow_includes(file, chain);
  chain.pop_back();
  return file;
}

}  // namespace

std::string pointer_part(const std::string& key) {
  std::string text;
  for (char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return text;
}

YamlFile YamlFile::read(const fs::path& path) {
  YamlFile file;
  file.path = path;
  file.value = parse(path, read_text(path), file.places);
  return file;
}

YamlFile YamlFile::read_front_matter(const fs::path& path) {
  YamlFile file;
  file.path = path;
  std::string text = read_text(path);
  text = replace_all(std::move(text), "\r\n", "\n");
  if (!text.starts_with("---\n")) return file;
  const auto end = text.find("\n---\n", 3);
  if (end == text.npos && !text.ends_with("\n---")) return file;
  // The opening line stays as an empty one, so that lines keep their numbers.
  file.value = parse(path, text.substr(3, (end == text.npos ? text.size() - 4 : end) - 3) + "\n", file.places);
  return file;
}

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
  const std::string where = place("/" + pointer_part(key));
  return fs::path(where.substr(0, where.rfind(':'))).parent_path();
}

bool is_function(const Json& value) { return value.is_object() && value.size() == 1 && value.contains(kYamlFunction); }

std::string function_name(const Json& value) { return value[kYamlFunction].get<std::string>(); }

bool is_native_function(const Json& value) {
  return value.is_object() && value.contains("function") && value["function"].is_string();
}

}  // namespace lmms_eval
