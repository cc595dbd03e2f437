#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval::data {

/// True where a pattern has to be matched, not looked up.
bool has_wildcard(std::string_view pattern);

/// The files that a pattern of the datasets library stands for: `*`, `?`, `[ab]`, `[!ab]` within one component, `**` as
/// a whole component for any number of them. `files` are paths relative to one folder, parts separated by '/'. Files in
/// hidden folders or ones that begin with "__", hidden files and README.md and the like need a pattern that names them.
/// Throws Error{config} for
/// `**` beside other text.
std::vector<std::string> matching_files(const std::string& pattern, const std::vector<std::string>& files);

}  // namespace lmms_eval::data
