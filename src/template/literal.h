#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace lmms_eval::tmpl {

/// Python's ast.literal_eval for lists of texts and numbers: "['a', 'b']". Nothing if the text is something else.
std::optional<nlohmann::ordered_json> literal_list(const std::string& text);
/// The same for lists and dicts.
std::optional<nlohmann::ordered_json> literal_container(const std::string& text);

}  // namespace lmms_eval::tmpl
