#include "data/media_kind.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace lmms_eval::data {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

MediaKind media_kind_of(std::string_view bytes, const std::string& name) {
  const auto at = [&](std::size_t offset, std::string_view mark) {
    return bytes.size() >= offset + mark.size() && bytes.substr(offset, mark.size()) == mark;
  };
  if (at(0, "\x89PNG") || at(0, "\xff\xd8\xff") || at(8, "WEBP") || at(0, "GIF8") || at(0, "BM"))
    return MediaKind::image;
  if (at(8, "WAVE") || at(0, "fLaC") || at(0, "OggS") || at(0, "ID3")) return MediaKind::audio;
  if (at(4, "ftyp") || at(0, "\x1a\x45\xdf\xa3") || at(8, "AVI ")) return MediaKind::video;
  static constexpr std::array<std::string_view, 7> kAudio = {"wav", "mp3", "m4a", "aac", "flac", "ogg", "opus"};
  static constexpr std::array<std::string_view, 5> kVideo = {"mp4", "mkv", "webm", "avi", "mov"};
  const std::string extension = to_lower(std::string_view(name).substr(std::min(name.size(), name.rfind('.') + 1)));
  if (is_one_of(extension, kAudio)) return MediaKind::audio;
  if (is_one_of(extension, kVideo)) return MediaKind::video;
  return MediaKind::image;
}

}  // namespace lmms_eval::data
