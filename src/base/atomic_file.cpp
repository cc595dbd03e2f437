#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/errors.h"

namespace lmms_eval {
namespace {

namespace fs = std::filesystem;

Error output_error(const char* what, const fs::path& path, int error) {
  const char* advice = error == ENOSPC ? "; free some space or choose another folder"
                       : error == EACCES || error == EPERM || error == EROFS ? "; choose a folder that you may write to"
                                                                             : "";
  return errors::output("cannot {} {}: {}{}", what, path.string(), std::strerror(error), advice);
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw output_error("write to", path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void make_folders(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw output_error("make the folder", folder, error.value());
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view content) {
  make_folders(path.parent_path());
  fs::path temporary = path;
  temporary += ".tmp" + std::to_string(::getpid());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw output_error("create", temporary, errno);
  try {
    write_all(fd, content, temporary);
    if (::fsync(fd) != 0 && errno != EINVAL) throw output_error("write to", temporary, errno);
  } catch (...) {
    ::close(fd);
    ::unlink(temporary.c_str());
    throw;
  }
  if (::close(fd) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw output_error("write", path, error);
  }
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw output_error("write", to, errno);
}

std::string read_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw errors::data("cannot read {}: {}", path.string(), std::strerror(errno));
  std::string content;
  struct stat status {};
  if (::fstat(fd, &status) == 0 && status.st_size > 0) content.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      ::close(fd);
      throw errors::data("cannot read {}: {}", path.string(), std::strerror(error));
    }
    if (count == 0) break;
    content.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return content;
}

void require_writable_directory(const fs::path& folder) {
  make_folders(folder);
  const fs::path probe = folder / (".lmms_eval_probe" + std::to_string(::getpid()));
  const int fd = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) throw output_error("write into the folder", folder, errno);
  ::close(fd);
  ::unlink(probe.c_str());
}

AppendFile::AppendFile(fs::path path, bool truncate) : path_(std::move(path)) {
  make_folders(path_.parent_path());
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (truncate ? O_TRUNC : 0), 0666);
  if (fd_ < 0) throw output_error("create", path_, errno);
  struct stat status {};
  if (!truncate && ::fstat(fd_, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

AppendFile::~AppendFile() {
  if (fd_ >= 0) ::close(fd_);
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

void AppendFile::append(std::string_view bytes) {
  try {
    write_all(fd_, bytes, path_);
  } catch (...) {
    // A full disk takes the beginning of a line: no half line may stay.
    [[maybe_unused]] const int ignored = ::ftruncate(fd_, static_cast<off_t>(size_));
    throw;
  }
  size_ += bytes.size();
}

}  // namespace lmms_eval
