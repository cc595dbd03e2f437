#include "lmms_eval/media.h"

#include <mutex>

#include "base/atomic_file.h"
#include "base/hash.h"

namespace lmms_eval {

struct MediaRef::State {
  MediaKind kind = MediaKind::image;
  std::string name;
  bool from_file = false;  // else the bytes were given
  std::once_flag read_once;
  std::string bytes;
  std::once_flag hash_once;
  std::string sha256;
};

std::string_view to_string(MediaKind kind) {
  switch (kind) {
    case MediaKind::image:
      return "image";
    case MediaKind::video:
      return "video";
    case MediaKind::audio:
      return "audio";
  }
  return "image";
}

MediaRef MediaRef::from_bytes(MediaKind kind, std::string bytes, std::string name) {
  MediaRef ref;
  ref.state_ = std::make_shared<State>();
  ref.state_->kind = kind;
  ref.state_->name = std::move(name);
  ref.state_->bytes = std::move(bytes);
  return ref;
}

MediaRef MediaRef::from_file(MediaKind kind, std::string path) {
  MediaRef ref;
  ref.state_ = std::make_shared<State>();
  ref.state_->kind = kind;
  ref.state_->name = std::move(path);
  ref.state_->from_file = true;
  return ref;
}

MediaKind MediaRef::kind() const { return state_->kind; }

const std::string& MediaRef::name() const { return state_->name; }

std::string_view MediaRef::bytes() const {
  if (state_->from_file) std::call_once(state_->read_once, [this] { state_->bytes = read_file(state_->name); });
  return state_->bytes;
}

const std::string& MediaRef::sha256() const {
  const std::string_view content = bytes();
  std::call_once(state_->hash_once, [&] { state_->sha256 = sha256_hex(content); });
  return state_->sha256;
}

std::string MediaRef::reference() const { return state_->name.empty() ? "sha256:" + sha256() : state_->name; }

}  // namespace lmms_eval
