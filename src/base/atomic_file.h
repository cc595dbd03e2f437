#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// Writes a whole file or none: to a temporary name beside it, synced, renamed. Makes missing folders. Throws
/// Error{output} with the path and the reason (disk full, no permission), and leaves no temporary file.
LMMS_EVAL_API void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Throws Error{output} with the new path and the reason.
LMMS_EVAL_API void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// The whole file. Throws Error{data} with the path and the reason.
LMMS_EVAL_API std::string read_file(const std::filesystem::path& path);

/// Makes a folder and its parents, and checks that a file can be made in it. Throws Error{output}.
LMMS_EVAL_API void require_writable_directory(const std::filesystem::path& folder);

/// An append-only file: each `append` is one write call, so a killed run leaves whole lines but for the last.
class LMMS_EVAL_API AppendFile {
 public:
  explicit AppendFile(std::filesystem::path path, bool truncate = true);
  ~AppendFile();
  AppendFile(AppendFile&& other) noexcept;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Throws Error{output}, e.g. on a full disk; then the file is as it was before.
  void append(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace lmms_eval
