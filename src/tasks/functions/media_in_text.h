#pragma once

#include <filesystem>
#include <string>

#include "tasks/functions/function.h"

namespace lmms_eval::functions {

/// The medium that a plain column names: a file (relative to `folder`) or a data: URL. Throws Error{data} for anything
/// else, and for other URLs.
MediaRef media_in_text(const Doc& doc, const std::string& column, const Json& value,
                       const std::filesystem::path& folder);

/// Order of names in which numbers count as numbers: image_2 before image_10.
bool natural_less(const std::string& a, const std::string& b);

/// `kind`: image, video or audio; "" when it is not given. Throws Error{config} for anything else.
std::string kind_argument(const Arguments& arguments);
MediaKind media_kind_named(const std::string& kind);

}  // namespace lmms_eval::functions
