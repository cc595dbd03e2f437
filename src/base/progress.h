#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "lmms_eval/export.h"

namespace lmms_eval {

/// How far a run is: one rewritten line with rate and time left on a terminal, a plain line now and then elsewhere
/// (stderr).
///
/// Thread-safe. Silent below --verbosity INFO.
class LMMS_EVAL_API Progress {
 public:
  /// `total` 0: not known.
  Progress(std::string what, std::uint64_t total);
  ~Progress();

  /// `note` is shown at the end of the line ("3 failed").
  void update(std::uint64_t done, const std::string& note = {});
  /// Ends the line. Idempotent.
  void finish();

  /// "docs: 12/360, 45.1/s, 0:08 left": the text without terminal control, for tests.
  static std::string text(const std::string& what, std::uint64_t done, std::uint64_t total, double seconds,
                          const std::string& note);

 private:
  void print(double seconds);

  std::mutex mutex_;
  std::string what_;
  std::string note_;
  std::uint64_t total_ = 0;
  std::uint64_t done_ = 0;
  bool terminal_ = false;
  bool shown_ = false;
  bool finished_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace lmms_eval
