#include "models/local/local_models.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <vector>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval::local {
namespace {

constexpr const char* kLibrary = "liblmms_eval_torch.so";

LocalModelMaker& maker() {
  static LocalModelMaker instance = nullptr;
  return instance;
}

/// Beside this library, and in lib/ beside or above the folder of this library and of the program: the build tree, an
/// installed tree and a program that embeds the library.
std::vector<std::filesystem::path> candidates() {
  std::vector<std::filesystem::path> folders;
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&set_local_model_maker), &here) && here.dli_fname) {
    std::error_code ignored;
    const auto library = std::filesystem::canonical(here.dli_fname, ignored);
    if (!ignored) folders.push_back(library.parent_path());
  }
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!ignored) folders.push_back(program.parent_path());
  std::vector<std::filesystem::path> files;
  for (const auto& folder : folders)
    for (const auto& file : {folder / kLibrary, folder / "lib" / kLibrary, folder.parent_path() / "lib" / kLibrary})
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  return files;
}

std::filesystem::path find_library(const std::string& model) {
  std::vector<std::string> looked;
  for (const auto& file : candidates()) {
    if (std::filesystem::exists(file)) return file;
    looked.push_back(file.parent_path().string());
  }
  throw errors::model(
      "model {} runs in libtorch, but this build has no {} (looked in {}); get libtorch with tools/deps and "
      "build with -DLMMS_EVAL_TORCH=ON, or choose an API model",
      model, kLibrary, join(looked, ", "));
}

void open_library(const std::string& model) {
  const auto file = find_library(model);
  // Never closed: its threads and tensors live to the end of the process.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw errors::model("{} cannot be loaded: {}", file.string(), dlerror());
  const auto enter = reinterpret_cast<int (*)(int)>(dlsym(library, "lmms_eval_register_plugin"));
  if (!enter)
    throw errors::model("{} is not a library of this program: it has no lmms_eval_register_plugin", file.string());
  const int built_for = enter(kPluginAbi);
  if (built_for != 0 || !maker())
    throw errors::model("{} belongs to another version (its interface is {}, this program's {}); build both together",
                        file.string(), built_for, kPluginAbi);
  spdlog::debug("opened {}", file.string());
}

std::unique_ptr<LM> create(const std::string& name, const ModelOptions& options) {
  static std::mutex mutex;
  {
    const std::scoped_lock lock(mutex);
    if (!maker()) open_library(name);
  }
  return maker()(name, options);
}

const bool kRegistered = [] {
  const auto add = [](const char* name, const char* description) {
    register_model({name, {}, "chat+simple", description, create});
  };
  add("llava_onevision", "LLaVA-OneVision checkpoints, from a local folder (libtorch)");
  add("llava_hf", "LLaVA checkpoints in transformers' layout, from a local folder (libtorch)");
  add("huggingface",
      "any supported checkpoint in transformers' layout, by its model_type, from a local folder (libtorch)");
  return true;
}();

}  // namespace

void set_local_model_maker(LocalModelMaker new_maker) { maker() = new_maker; }

}  // namespace lmms_eval::local
