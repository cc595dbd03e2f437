#include "models/local/chat_template_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::local {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Sources = std::vector<ChatTemplateSource>;

/// The field chat_template of a JSON file: a text, a list of {name, template}, an object of texts, or nothing.
void add_from_json(const fs::path& file, Sources& sources) {
  if (!fs::exists(file)) return;
  json document;
  try {
    document = json::parse(read_file(file));
  } catch (const json::exception& error) {
    throw errors::model("{}: malformed JSON: {}", file.string(), one_line(error.what()));
  }
  const auto value = document.is_object() ? document.value("chat_template", json()) : json();
  const auto add_named = [&](const json& name, const json& text) {
    if (!name.is_string() || !text.is_string()) {
      throw errors::model("{}: chat_template must hold texts with names, it has {}: {}", file.string(),
                          one_line(name.dump(), 80), one_line(text.dump(), 80));
    }
    sources.push_back({name, text, fmt::format("{} ({})", file.string(), name.get<std::string>())});
  };
  if (value.is_string()) {
    sources.push_back({"default", value, file.string()});
  } else if (value.is_array()) {
    for (const auto& entry : value) {
      if (!entry.is_object()) add_named(entry, json());
      add_named(entry.value("name", json()), entry.value("template", json()));
    }
  } else if (value.is_object()) {
    for (const auto& [name, text] : value.items()) add_named(name, text);
  }
}

void add_jinja_files(const fs::path& folder, Sources& sources) {
  const auto own = folder / "chat_template.jinja";
  if (fs::exists(own)) sources.push_back({"default", read_file(own), own.string()});
  const auto others = folder / "additional_chat_templates";
  if (!fs::is_directory(others)) return;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(others)) {
    if (entry.path().extension() == ".jinja") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) sources.push_back({file.stem().string(), read_file(file), file.string()});
}

[[noreturn]] void no_such_template(const fs::path& folder, const std::string& name, const Sources& sources) {
  std::vector<std::string> names;
  for (const auto& source : sources) {
    if (std::find(names.begin(), names.end(), source.name) == names.end()) names.push_back(source.name);
  }
  if (name.empty()) {
    throw errors::usage(
        "{}: has several chat templates ({}) and none is named default; choose one with --apply_chat_template NAME",
        folder.string(), join(names, ", "));
  }
  if (names.size() == 1 && names[0] == "default") {
    throw errors::usage("--apply_chat_template {}: {} has only one chat template; give the flag without a name", name,
                        folder.string());
  }
  throw errors::usage("--apply_chat_template {}: {} has the chat templates {}{}", name, folder.string(),
                      join(names, ", "), did_you_mean(name, names));
}

}  // namespace

std::optional<ChatTemplateSource> find_chat_template(const fs::path& folder, const std::string& name) {
  Sources sources;
  add_from_json(folder / "processor_config.json", sources);
  add_from_json(folder / "chat_template.json", sources);
  add_jinja_files(folder, sources);
  add_from_json(folder / "tokenizer_config.json", sources);
  if (sources.empty() && !name.empty())
    throw errors::usage("--apply_chat_template {}: {} has no chat templates; give the flag without a name", name,
                        folder.string());
  if (sources.empty()) return std::nullopt;
  const std::string wanted = name.empty() ? "default" : name;
  for (auto& source : sources) {
    if (source.name == wanted) return std::move(source);
  }
  if (name.empty() && sources.size() == 1) return std::move(sources[0]);
  no_such_template(folder, name, sources);
}

}  // namespace lmms_eval::local
