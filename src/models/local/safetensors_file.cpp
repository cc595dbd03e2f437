#include "models/local/safetensors_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::local {
namespace {

using nlohmann::json;

// The limit of the safetensors library itself.
constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr std::size_t kLengthBytes = 8;

constexpr std::array<std::pair<std::string_view, DType>, 10> kDTypes = {{{"F32", DType::f32},
                                                                         {"F16", DType::f16},
                                                                         {"BF16", DType::bf16},
                                                                         {"F64", DType::f64},
                                                                         {"I64", DType::i64},
                                                                         {"I32", DType::i32},
                                                                         {"I16", DType::i16},
                                                                         {"I8", DType::i8},
                                                                         {"U8", DType::u8},
                                                                         {"BOOL", DType::boolean}}};

/// The header of one file on its way to views; every message names file and tensor.
class HeaderReader {
 public:
  explicit HeaderReader(const MappedFile& file) : file_(file), name_(file.path().string()) {}

  std::vector<TensorView> read() {
    const auto header = parse();
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name != "__metadata__") entries.push_back(entry(name, value));
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
    return lay_out(entries);
  }

 private:
  struct Entry {
    TensorView view;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  json parse() {
    const auto bytes = file_.bytes();
    if (bytes.size() < kLengthBytes) {
      throw errors::model("{}: truncated: {} bytes, a safetensors file has at least {}", name_, bytes.size(),
                          kLengthBytes);
    }
    std::uint64_t length = 0;
    for (std::size_t i = kLengthBytes; i-- > 0;) length = (length << 8) | std::to_integer<std::uint64_t>(bytes[i]);
    if (length > kMostHeaderBytes) {
      throw errors::model("{}: not a safetensors file: its header would have {} bytes (at most {})", name_, length,
                          kMostHeaderBytes);
    }
    if (length > bytes.size() - kLengthBytes) {
      throw errors::model("{}: truncated: the header has {} bytes, the file {}", name_, length, bytes.size());
    }
    data_ = bytes.subspan(kLengthBytes + static_cast<std::size_t>(length));
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes,
                                static_cast<std::size_t>(length));
    try {
      auto header = json::parse(text);
      if (!header.is_object()) throw errors::model("{}: the header is no JSON object", name_);
      return header;
    } catch (const json::exception& error) {
      throw errors::model("{}: the header is no JSON: {}", name_, one_line(error.what()));
    }
  }

  Entry entry(const std::string& name, const json& value) {
    Entry result;
    result.view.name = name;
    result.view.file = name_;
    if (!value.is_object()) fail(name, "is described by no JSON object");
    result.view.dtype = dtype(name, value.value("dtype", json()));
    const auto shape = value.value("shape", json());
    if (!shape.is_array()) fail(name, "has no shape");
    std::uint64_t size = size_of(result.view.dtype);
    for (const auto& extent : shape) {
      const auto checked = unsigned_number(extent);
      if (!checked)
        fail(name, fmt::format("has the shape {}, which is no list of non-negative integers", one_line(shape.dump())));
      if (__builtin_mul_overflow(size, *checked, &size) || size > std::numeric_limits<std::int64_t>::max()) {
        fail(name, fmt::format("has the shape {}, which is too large", one_line(shape.dump())));
      }
      result.view.shape.push_back(static_cast<std::int64_t>(*checked));
    }
    const auto offsets = value.value("data_offsets", json());
    const auto begin = offsets.is_array() && offsets.size() == 2 ? unsigned_number(offsets[0]) : std::nullopt;
    const auto end = begin ? unsigned_number(offsets[1]) : std::nullopt;
    if (!end || *end < *begin) fail(name, "has no valid data_offsets");
    if (*end > data_.size()) {
      fail(name, fmt::format("ends at byte {} of the data, of which there are {}: the file is truncated", *end,
                             data_.size()));
    }
    if (*end - *begin != size) {
      fail(name, fmt::format("has {} bytes, but {} of shape {} takes {}", *end - *begin, to_string(result.view.dtype),
                             one_line(shape.dump()), size));
    }
    result.begin = *begin;
    result.end = *end;
    return result;
  }

  DType dtype(const std::string& name, const json& value) {
    for (const auto& [text, dtype] : kDTypes) {
      if (value == text) return dtype;
    }
    fail(name, fmt::format("has the dtype {}, which is not supported", one_line(value.dump())));
  }

  /// An extent or offset that fits signed 64 bits.
  static std::optional<std::uint64_t> unsigned_number(const json& value) {
    if (!value.is_number_unsigned()) return std::nullopt;
    const auto number = value.get<std::uint64_t>();
    if (number > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    return number;
  }

  std::vector<TensorView> lay_out(std::vector<Entry>& entries) {
    std::vector<TensorView> views;
    std::uint64_t done = 0;
    for (auto& entry : entries) {
      if (entry.begin < done) fail(entry.view.name, fmt::format("overlaps '{}'", views.back().name));
      if (entry.begin > done)
        fail(entry.view.name,
             fmt::format("starts at byte {} of the data, which leaves a hole from byte {}", entry.begin, done));
      done = entry.end;
      entry.view.data = data_.data() + entry.begin;
      entry.view.bytes = static_cast<std::size_t>(entry.end - entry.begin);
      views.push_back(std::move(entry.view));
    }
    if (done != data_.size()) {
      throw errors::model("{}: the tensors take {} bytes, the file has {} for them: it is damaged", name_, done,
                          data_.size());
    }
    return views;
  }

  [[noreturn]] void fail(const std::string& tensor, std::string_view what) const {
    throw errors::model("{}: tensor '{}' {}", name_, one_line(tensor), what);
  }

  const MappedFile& file_;
  std::string name_;
  std::span<const std::byte> data_;
};

}  // namespace

MappedFile::MappedFile(std::filesystem::path path) : path_(std::move(path)) {
  const auto fail = [&](std::string_view what) {
    const int code = errno;
    return errors::model("{}: cannot be {}: {}", path_.string(), what, std::strerror(code));
  };
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw fail("opened");
  struct stat status = {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    throw errors::model("{}: is no regular file", path_.string());
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const address = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) {
    const auto error = fail("mapped");
    ::close(fd);
    throw error;
  }
  ::close(fd);
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::vector<TensorView> read_safetensors_header(const MappedFile& file) { return HeaderReader(file).read(); }

std::string_view to_string(DType dtype) {
  for (const auto& [text, value] : kDTypes) {
    if (value == dtype) return text;
  }
  return "unknown";
}

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return 1;
  }
  return 1;
}

}  // namespace lmms_eval::local
