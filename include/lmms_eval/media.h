#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lmms_eval/export.h"

namespace lmms_eval {

enum class MediaKind { image, video, audio };

LMMS_EVAL_API std::string_view to_string(MediaKind kind);

/// One picture, clip or sound of a doc, still encoded: nothing is read or decoded before somebody asks.
///
/// Cheap to copy (shared state); `bytes` and `sha256` are computed once and thread-safe.
class LMMS_EVAL_API MediaRef {
 public:
  /// `name` is how people find it again (a path inside the data set, may be empty).
  static MediaRef from_bytes(MediaKind kind, std::string bytes, std::string name);
  static MediaRef from_file(MediaKind kind, std::string path);

  MediaKind kind() const;
  const std::string& name() const;

  /// The encoded file (PNG, JPEG, ...). Throws Error{data} if the file cannot be read.
  std::string_view bytes() const;
  /// Lower-case hex sha256 of `bytes`.
  const std::string& sha256() const;
  /// What stands for it in samples and logs: its name, else "sha256:<hex>".
  std::string reference() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lmms_eval
