#pragma once

#include <string>
#include <string_view>

#include "lmms_eval/media.h"

namespace lmms_eval::data {

/// Image, audio or video by the first bytes, else by the name's extension, else an image.
MediaKind media_kind_of(std::string_view bytes, const std::string& name);

}  // namespace lmms_eval::data
