#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval::data {

/// Adds the top-level keys of a JSON object to `keys`, those that are new, in order. Returns what is wrong with the
/// text, empty if it is one object. Builds no values, so it is fast enough to look at every line of a file once.
std::string add_json_keys(std::string_view text, std::vector<std::string>& keys);

}  // namespace lmms_eval::data
