#include "report/output_paths.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>
#include <thread>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/key_values.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;

std::string sanitized(const std::string& text) {
  static constexpr std::string_view kForbidden = "\"<>:/|\\?*[]";
  std::string name;
  bool in_run = false;
  for (char c : text) {
    const bool forbidden = kForbidden.find(c) != kForbidden.npos;
    if (!forbidden)
      name += c;
    else if (!in_run)
      name += "__";
    in_run = forbidden;
  }
  return name;
}

bool is_used(const fs::path& folder, const std::string& stamp) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with(stamp + "_")) return true;
  return false;
}

}  // namespace

std::string date_stamp() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d_%H%M%S", &local);
  return text;
}

std::string model_name_from_args(const std::string& model_args) {
  const auto arguments = KeyValues::parse(model_args, "--model_args");
  for (const char* key :
       {"peft", "delta", "pretrained", "model", "model_version", "model_name", "model_id", "path", "engine"})
    if (auto name = arguments.text(key); name && !name->empty()) return *name;
  return {};
}

std::string sanitized_model_name(const std::string& name) {
  const auto last = name.rfind('/');
  const auto before = last == name.npos || last == 0 ? name.npos : name.rfind('/', last - 1);
  const std::string fit = sanitized(before == name.npos ? name : name.substr(before + 1));
  return fit == "." || fit == ".." ? "__" : fit;  // these two would name another folder
}

OutputPaths OutputPaths::prepare(const std::string& output_path, const std::string& model_args,
                                 const std::string& suffix) {
  OutputPaths paths;
  const fs::path given(output_path);
  paths.suffix = sanitized(suffix);
  const auto extension = given.extension();
  if (extension == ".json" || extension == ".jsonl") {
    if (fs::is_directory(given))
      throw errors::output("--output_path {}: is a folder; a path that ends in {} names a file", output_path,
                           extension.string());
    paths.folder = given.has_parent_path() ? given.parent_path() : fs::path(".");
    paths.one_line = extension == ".jsonl";
    require_writable_directory(paths.folder);
    paths.reserve_date();
    paths.results = given;
    return paths;
  }
  paths.folder = given / sanitized_model_name(model_name_from_args(model_args));
  require_writable_directory(paths.folder);
  paths.reserve_date();
  paths.results = paths.folder / (paths.date + "_results.json");
  return paths;
}

void OutputPaths::reserve_date() {
  for (;; std::this_thread::sleep_for(std::chrono::milliseconds(100))) {
    date = date_stamp();
    const fs::path marker = folder / (".lmms_eval_" + date);
    const int fd = ::open(marker.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) throw errors::output("cannot create {}: {}", marker.string(), std::generic_category().message(errno));
    ::close(fd);
    reservation_ = std::shared_ptr<void>(nullptr, [marker](void*) { ::unlink(marker.c_str()); });
    if (!is_used(folder, date)) return;
  }
}

fs::path OutputPaths::samples(const std::string& task) const {
  std::string name = date + "_samples_" + sanitized(task);
  if (!suffix.empty()) name += "_" + suffix;
  return folder / (name + ".jsonl");
}

}  // namespace lmms_eval
