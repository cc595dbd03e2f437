#include "models/local/safetensors.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"
#include "models/local/safetensors_file.h"

namespace lmms_eval::local {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";

/// Tensor → shard, as model.safetensors.index.json says.
std::map<std::string, std::string> read_index(const fs::path& path) {
  const std::string text = read_file(path);
  json index;
  try {
    index = json::parse(text);
  } catch (const json::exception& error) {
    throw errors::model("{}: malformed JSON: {}", path.string(), one_line(error.what()));
  }
  const auto weights = index.is_object() ? index.value("weight_map", json()) : json();
  if (!weights.is_object() || weights.empty()) throw errors::model("{}: has no weight_map", path.string());
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, shard] : weights.items()) {
    const auto name = shard.is_string() ? shard.get<std::string>() : std::string();
    if (name.empty() || fs::path(name).filename() != name || name == "." || name == "..") {
      throw errors::model("{}: weight_map.{}: must name a file in the same folder", path.string(), one_line(tensor));
    }
    shards[tensor] = name;
  }
  return shards;
}

struct Free {
  void operator()(std::byte* memory) const { std::free(memory); }
};

}  // namespace

struct SafeTensors::State {
  std::vector<std::unique_ptr<MappedFile>> files;
  std::vector<std::unique_ptr<std::byte, Free>> copies;  // of misaligned tensors
  std::vector<TensorView> tensors;

  void open(const fs::path& path) {
    files.push_back(std::make_unique<MappedFile>(path));
    for (auto& view : read_safetensors_header(*files.back())) {
      align(view);
      tensors.push_back(std::move(view));
    }
  }

  /// The format does not promise that a tensor starts at a multiple of its element size.
  void align(TensorView& view) {
    const std::size_t size = size_of(view.dtype);
    if (view.bytes == 0 || reinterpret_cast<std::uintptr_t>(view.data) % size == 0) return;
    copies.emplace_back(static_cast<std::byte*>(std::malloc(view.bytes)));
    if (!copies.back()) throw std::bad_alloc();
    std::memcpy(copies.back().get(), view.data, view.bytes);
    view.data = copies.back().get();
  }

  void open_shards(const fs::path& folder) {
    const auto index = read_index(folder / kIndexFile);
    std::set<std::string> names;
    for (const auto& [tensor, shard] : index) names.insert(shard);
    for (const auto& name : names) {
      if (!fs::exists(folder / name)) {
        throw errors::model("{}: the shard {} is missing (named in {})", folder.string(), name, kIndexFile);
      }
      open(folder / name);
    }
    sort();
    for (const auto& [tensor, shard] : index) {
      const auto* const found = find(tensor);
      if (!found || fs::path(found->file).filename() != shard) {
        throw errors::model("{}: tensor '{}' should be in {}, which does not have it", (folder / kIndexFile).string(),
                            one_line(tensor), shard);
      }
    }
  }

  void sort() {
    std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
    for (std::size_t i = 1; i < tensors.size(); ++i) {
      if (tensors[i].name == tensors[i - 1].name) {
        throw errors::model("tensor '{}' is in two shards: {} and {}", one_line(tensors[i].name), tensors[i - 1].file,
                            tensors[i].file);
      }
    }
  }

  const TensorView* find(std::string_view name) const {
    const auto found =
        std::lower_bound(tensors.begin(), tensors.end(), name,
                         [](const TensorView& view, std::string_view wanted) { return view.name < wanted; });
    return found != tensors.end() && found->name == name ? &*found : nullptr;
  }
};

SafeTensors::SafeTensors(std::shared_ptr<State> state) : state_(std::move(state)) {}
SafeTensors::~SafeTensors() = default;
SafeTensors::SafeTensors(SafeTensors&&) noexcept = default;

SafeTensors SafeTensors::open(const fs::path& folder) {
  auto state = std::make_shared<State>();
  if (fs::exists(folder / kSingleFile)) {
    state->open(folder / kSingleFile);
    state->sort();
  } else if (fs::exists(folder / kIndexFile)) {
    state->open_shards(folder);
  } else {
    throw errors::model("{}: there are no weights: neither {} nor {}", folder.string(), kSingleFile, kIndexFile);
  }
  return SafeTensors(std::move(state));
}

const std::vector<TensorView>& SafeTensors::tensors() const { return state_->tensors; }
const TensorView* SafeTensors::find(std::string_view name) const { return state_->find(name); }
std::shared_ptr<const void> SafeTensors::mapping() const { return state_; }

std::vector<fs::path> SafeTensors::files() const {
  std::vector<fs::path> paths;
  for (const auto& file : state_->files) paths.push_back(file->path());
  return paths;
}

}  // namespace lmms_eval::local
