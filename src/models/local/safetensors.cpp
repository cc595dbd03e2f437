#include "models/local/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::local {
namespace {

namespace fs = std::filesystem;

// The format's own limit: a longer header is taken for garbage.
constexpr std::uint64_t kMaxHeader = 100'000'000;

constexpr std::pair<const char*, DType> kDTypes[] = {
    {"F32", DType::f32}, {"F16", DType::f16}, {"BF16", DType::bf16}, {"F64", DType::f64}, {"I64", DType::i64},
    {"I32", DType::i32}, {"I16", DType::i16}, {"I8", DType::i8},     {"U8", DType::u8},   {"BOOL", DType::boolean}};

/// A file mapped read-only.
class Mapping {
 public:
  explicit Mapping(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw errors::model("{}: cannot be opened: {}", path.string(), std::strerror(errno));
    struct stat status {};
    ::fstat(fd, &status);
    size_ = static_cast<std::uint64_t>(status.st_size);
    void* address = size_ == 0 ? MAP_FAILED : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    const int error = errno;
    ::close(fd);
    if (size_ == 0) throw errors::model("{}: the file is empty; fetch it again", path.string());
    if (address == MAP_FAILED) throw errors::model("{}: cannot be mapped: {}", path.string(), std::strerror(error));
    data_ = static_cast<const std::byte*>(address);
  }
  ~Mapping() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
  }
  Mapping(Mapping&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

  const std::byte* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  const std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

Error broken(const fs::path& file, const std::string& what) {
  return errors::model("{}: {}; the file is damaged, fetch it again", file.string(), what);
}

std::optional<std::uint64_t> unsigned_number(const nlohmann::json& value) {
  if (!value.is_number_unsigned() && !(value.is_number_integer() && value.get<std::int64_t>() >= 0)) return std::nullopt;
  return value.get<std::uint64_t>();
}

/// One entry of the header, checked against the size of the data behind it.
TensorView read_entry(const fs::path& file, const std::string& name, const nlohmann::json& entry, const std::byte* data, std::uint64_t size) {
  const auto bad = [&](const std::string& what) { return broken(file, "tensor '" + name + "' " + what); };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets") ||
      !entry["dtype"].is_string() || !entry["shape"].is_array() || !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2)
    throw bad("has no dtype, shape and data_offsets");
  TensorView view;
  view.name = name;
  view.file = file.string();
  const std::string type = entry["dtype"].get<std::string>();
  const auto* known = std::find_if(std::begin(kDTypes), std::end(kDTypes), [&](const auto& pair) { return type == pair.first; });
  if (known == std::end(kDTypes)) throw errors::model("{}: tensor '{}' has dtype {}, which is not supported in this version", file.string(), name, type);
  view.dtype = known->second;
  std::uint64_t count = 1;
  for (const auto& item : entry["shape"]) {
    const auto length = unsigned_number(item);
    if (!length || *length > (std::uint64_t{1} << 62) || __builtin_mul_overflow(count, *length, &count)) throw bad("has an impossible shape");
    view.shape.push_back(static_cast<std::int64_t>(*length));
  }
  const auto begin = unsigned_number(entry["data_offsets"][0]), end = unsigned_number(entry["data_offsets"][1]);
  std::uint64_t wanted = 0;
  if (!begin || !end || *begin > *end || __builtin_mul_overflow(count, static_cast<std::uint64_t>(size_of(view.dtype)), &wanted) || *end - *begin != wanted)
    throw bad("has offsets that do not fit its shape");
  if (*end > size) throw broken(file, "it is truncated: tensor '" + name + "' ends at byte " + std::to_string(*end) + " of " + std::to_string(size));
  if (*begin % size_of(view.dtype) != 0) throw bad("is not aligned");
  view.data = data + *begin;
  view.bytes = static_cast<std::size_t>(wanted);
  return view;
}

void check_no_overlap(const fs::path& file, std::vector<TensorView> views) {
  std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.data < b.data; });
  const TensorView* before = nullptr;
  for (const auto& view : views) {
    if (view.bytes == 0) continue;
    if (before && before->data + before->bytes > view.data) throw broken(file, "tensors '" + before->name + "' and '" + view.name + "' overlap");
    before = &view;
  }
}

std::vector<TensorView> read_views(const fs::path& file, const Mapping& mapping) {
  std::uint64_t length = 0;
  if (mapping.size() < sizeof length) throw broken(file, "it is truncated: only " + std::to_string(mapping.size()) + " bytes");
  std::memcpy(&length, mapping.data(), sizeof length);  // little-endian, as this machine is
  if (length > kMaxHeader) throw broken(file, "its header says to be " + std::to_string(length) + " bytes long");
  if (length > mapping.size() - sizeof length) throw broken(file, "it is truncated inside its header");
  const auto* text = reinterpret_cast<const char*>(mapping.data() + sizeof length);
  const auto header = nlohmann::json::parse(text, text + length, nullptr, false);
  if (!header.is_object()) throw broken(file, "its header is no JSON object");
  const std::byte* data = mapping.data() + sizeof length + length;
  const std::uint64_t size = mapping.size() - sizeof length - length;
  std::vector<TensorView> views;
  for (const auto& [name, entry] : header.items())
    if (name != "__metadata__") views.push_back(read_entry(file, name, entry, data, size));
  check_no_overlap(file, views);
  return views;
}

/// Shard files of an index, and which tensors it promises.
std::map<std::string, std::string> read_index(const fs::path& file) {
  const auto index = nlohmann::json::parse(read_file(file), nullptr, false);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) throw broken(file, "it has no weight_map");
  std::map<std::string, std::string> map;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    const std::string text = shard.is_string() ? shard.get<std::string>() : "";
    if (text.empty() || text.find('/') != text.npos) throw broken(file, "tensor '" + name + "' has no proper shard name");
    map[name] = text;
  }
  return map;
}

}  // namespace

std::string_view to_string(DType dtype) {
  for (const auto& [name, value] : kDTypes)
    if (value == dtype) return name;
  return "?";
}

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
    case DType::i64: return 8;
    case DType::f32:
    case DType::i32: return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16: return 2;
    default: return 1;
  }
}

struct SafeTensors::State {
  std::vector<Mapping> mappings;
  std::vector<TensorView> tensors;
  std::vector<fs::path> files;

  void add(const fs::path& file) {
    mappings.emplace_back(file);
    auto views = read_views(file, mappings.back());
    tensors.insert(tensors.end(), std::make_move_iterator(views.begin()), std::make_move_iterator(views.end()));
    files.push_back(file);
  }
};

SafeTensors::SafeTensors(std::shared_ptr<State> state) : state_(std::move(state)) {}
SafeTensors::~SafeTensors() = default;
SafeTensors::SafeTensors(SafeTensors&&) noexcept = default;

SafeTensors SafeTensors::open(const fs::path& folder) {
  auto state = std::make_shared<State>();
  const fs::path single = folder / "model.safetensors", index = folder / "model.safetensors.index.json";
  std::map<std::string, std::string> promised;
  if (fs::exists(single)) {
    state->add(single);
  } else if (fs::exists(index)) {
    promised = read_index(index);
    std::vector<std::string> shards;
    for (const auto& [name, shard] : promised)
      if (std::find(shards.begin(), shards.end(), shard) == shards.end()) shards.push_back(shard);
    std::sort(shards.begin(), shards.end());
    for (const auto& shard : shards) {
      if (!fs::exists(folder / shard)) throw errors::model("{}: names the shard {}, which is missing", index.string(), shard);
      state->add(folder / shard);
    }
  } else {
    throw errors::model("{}: no weights: neither model.safetensors nor model.safetensors.index.json is there", folder.string());
  }
  std::sort(state->tensors.begin(), state->tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(state->tensors.begin(), state->tensors.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != state->tensors.end()) throw broken(twice->file, "tensor '" + twice->name + "' is there twice");
  SafeTensors result(std::move(state));
  for (const auto& [name, shard] : promised)
    if (!result.find(name)) throw errors::model("{}: promises tensor '{}' in {}, where it is not", index.string(), name, shard);
  return result;
}

const std::vector<TensorView>& SafeTensors::tensors() const { return state_->tensors; }

const TensorView* SafeTensors::find(std::string_view name) const {
  const auto& all = state_->tensors;
  const auto found = std::lower_bound(all.begin(), all.end(), name, [](const TensorView& view, std::string_view wanted) { return view.name < wanted; });
  return found != all.end() && found->name == name ? &*found : nullptr;
}

std::shared_ptr<const void> SafeTensors::mapping() const { return state_; }

std::vector<fs::path> SafeTensors::files() const { return state_->files; }

}  // namespace lmms_eval::local
