// doc_to_visual from files: media_file, frames.
#include <algorithm>
#include <cstdlib>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "data/media_kind.h"
#include "tasks/functions/media_in_text.h"

namespace lmms_eval::functions {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Where Hugging Face's libraries keep things.
std::string hugging_face_home() {
  const std::string set = environment("HF_HOME");
  if (!set.empty()) return set;
  const std::string cache = environment("XDG_CACHE_HOME");
  return (cache.empty() ? environment("HOME") + "/.cache" : cache) + "/huggingface";
}

/// `~` at the beginning, $NAME and ${NAME}, of what the YAML says: a doc's values are taken as they are.
std::string expanded(const Arguments& arguments, const std::string& name) {
  std::string path = arguments.text(name);
  if (path == "~" || path.starts_with("~/")) path.replace(0, 1, environment("HOME"));
  const Regex variable("\\$(\\w+)|\\$\\{(\\w+)\\}");
  std::string result;
  std::size_t from = 0;
  for (const auto& match : variable.find_all(path)) {
    const std::string& key = match.groups[0] ? *match.groups[0] : *match.groups[1];
    const std::string value = key == "HF_HOME" ? hugging_face_home() : environment(key.c_str());
    if (value.empty()) throw arguments.wrong(name, "needs the environment variable " + key + ", which is not set");
    result += path.substr(from, match.begin - from) + value;
    from = match.end;
  }
  return result + path.substr(from);
}

/// A relative cache_dir is below $HF_HOME.
Json with_cache_dir(const Context& context) {
  Json variables = context.variables;
  const Json& kwargs = context.config["dataset_kwargs"];
  if (kwargs.is_object() && kwargs.contains("cache_dir") && kwargs["cache_dir"].is_string())
    variables["cache_dir"] = (fs::path(hugging_face_home()) / kwargs["cache_dir"].get<std::string>()).string();
  return variables;
}

/// A path of each doc. A text without {{ is one too, the same for all.
FieldTemplate path_template(const Arguments& arguments, const std::string& source, const std::string& name) {
  tmpl::TemplateOptions options;
  options.name = arguments.place(name) + " " + name;
  return FieldTemplate(source, std::move(options), with_cache_dir(arguments.context()));
}

/// The ".mp4" at the end of a template, if it ends so whatever the doc.
std::string extension_of(const std::string& source) {
  const auto match = Regex::cached("\\.\\w{1,5}$").search(source);
  return match ? source.substr(match->begin) : std::string();
}

/// The files that may be meant, the likeliest first.
std::vector<std::string> candidates(const std::string& path, const std::string& extension,
                                    const std::vector<std::string>& others) {
  std::vector<std::string> paths = {path};
  const std::string stem = path.substr(0, path.size() - extension.size());
  for (const auto& other : others) paths.push_back(stem + (other.starts_with('.') ? "" : ".") + other);
  return paths;
}

VisualFunction media_file(const Arguments& arguments) {
  const std::string source = expanded(arguments, "path"), extension = extension_of(source);
  return [path = path_template(arguments, source, "path"), extension, others = arguments.texts("extensions"),
          kind = kind_argument(arguments)](const Doc& doc, const DataPlace& place) -> std::vector<MediaRef> {
    const auto paths = candidates(path.render(doc), extension, others);
    for (const auto& candidate : paths) {
      const fs::path file = place.folder / candidate;
      std::error_code ignored;
      if (!fs::exists(file, ignored)) continue;
      return {MediaRef::from_file(kind.empty() ? data::media_kind_of("", candidate) : media_kind_named(kind),
                                  file.string())};
    }
    throw errors::data("doc {}: its file {} does not exist (doc_to_visual)", doc.id(), join(paths, ", nor "));
  };
}

bool is_picture(const fs::path& file) {
  const std::string extension = to_lower(file.extension().string());
  for (const char* known : {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tiff"})
    if (extension == known) return true;
  return false;
}

/// numpy.linspace(0, total - 1, count) as whole numbers.
std::vector<std::size_t> spread(std::size_t total, std::size_t count) {
  std::vector<std::size_t> places;
  if (count == 1) return {0};
  const double step = static_cast<double>(total - 1) / static_cast<double>(count - 1);
  for (std::size_t i = 0; i + 1 < count; ++i) places.push_back(static_cast<std::size_t>(static_cast<double>(i) * step));
  places.push_back(total - 1);
  return places;
}

VisualFunction frames(const Arguments& arguments) {
  const auto count = arguments.integer("count");
  if (count && *count < 1) throw arguments.wrong("count", "must be from 1 on");
  return [path = path_template(arguments, expanded(arguments, "path"), "path"), count](const Doc& doc,
                                                                                       const DataPlace& place) {
    const fs::path frames = place.folder / path.render(doc);
    if (!fs::is_directory(frames))
      throw errors::data("doc {}: its folder of frames {} does not exist (doc_to_visual)", doc.id(), frames.string());
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(frames))
      if (is_picture(entry.path())) files.push_back(entry.path().string());
    if (files.empty()) throw errors::data("doc {}: {} holds no picture (doc_to_visual)", doc.id(), frames.string());
    std::sort(files.begin(), files.end(), natural_less);
    std::vector<MediaRef> visuals;
    const auto wanted = count ? static_cast<std::size_t>(*count) : files.size();
    for (const std::size_t i : spread(files.size(), std::min(wanted, files.size())))
      visuals.push_back(MediaRef::from_file(MediaKind::image, files[i]));
    return visuals;
  };
}

const std::vector<std::string> kVisual = {"doc_to_visual"};
const Registration kMediaFile{{"media_file",
                               kVisual,
                               {{"path", Type::text, true}, {"extensions", Type::texts}, {"kind", Type::text}},
                               media_file}};
const Registration kFrames{{"frames", kVisual, {{"path", Type::text, true}, {"count", Type::integer}}, frames}};

}  // namespace
}  // namespace lmms_eval::functions
