#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lmms_eval::data {

/// Lists and objects in one another: every later reader of a value calls itself once per level.
inline constexpr int kDeepestJson = 200;

/// A whole JSON document. Throws Error{data} with file:line for what is no UTF-8, no JSON or nested too deep.
nlohmann::ordered_json parse_json_document(const std::string& file, std::string_view text);

/// Adds the top-level keys of a JSON object to `keys`, those that are new, in order. Returns what is wrong with the
/// text, empty if it is one object. Builds no values, so it is fast enough to look at every line of a file once.
std::string add_json_keys(std::string_view text, std::vector<std::string>& keys);

}  // namespace lmms_eval::data
