#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/log.h"

namespace lmms_eval {
namespace {

constexpr auto kTerminalInterval = std::chrono::milliseconds(200);
constexpr auto kPlainInterval = std::chrono::seconds(30);

std::string clock(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() { finish(); }

std::string Progress::text(const std::string& what, std::uint64_t done, std::uint64_t total, double seconds,
                           const std::string& note) {
  std::string line = total ? fmt::format("{}: {}/{}", what, done, total) : fmt::format("{}: {}", what, done);
  if (seconds > 0 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    line += fmt::format(", {:.1f}/s", rate);
    if (total > done)
      line += fmt::format(", {} left", clock(static_cast<double>(total - done) / rate));
    else
      line += fmt::format(", {} in all", clock(seconds));
  }
  if (!note.empty()) line += ", " + note;
  return line;
}

void Progress::print(double seconds) {
  const std::string line = text(what_, done_, total_, seconds, note_);
  if (terminal_) {
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    std::fflush(stderr);
  } else {
    spdlog::info("{}", line);
  }
  shown_ = true;
}

void Progress::update(std::uint64_t done, const std::string& note) {
  std::lock_guard lock(mutex_);
  done_ = done;
  note_ = note;
  if (spdlog::default_logger_raw()->level() > spdlog::level::info) return;
  const auto now = std::chrono::steady_clock::now();
  const bool due = terminal_ ? now - last_ >= kTerminalInterval : now - last_ >= kPlainInterval;
  if (!due) return;
  last_ = now;
  print(std::chrono::duration<double>(now - start_).count());
}

void Progress::finish() {
  std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (spdlog::default_logger_raw()->level() > spdlog::level::info || (done_ == 0 && !shown_)) return;
  print(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
  if (terminal_) std::fputc('\n', stderr);
}

}  // namespace lmms_eval
