#include "template/literal.h"

#include "base/text.h"
#include "lmms_eval/error.h"
#include "template/template.h"

namespace lmms_eval::tmpl {

std::optional<nlohmann::ordered_json> literal_container(const std::string& text) {
  const auto trimmed = trim(text);
  const bool list = trimmed.starts_with('[') && trimmed.ends_with(']');
  const bool dict = trimmed.starts_with('{') && trimmed.ends_with('}');
  if (!list && !dict) return std::nullopt;
  try {
    // Jinja's own expressions have Python's literals.
    auto value = Expression::parse(trimmed).evaluate(nlohmann::ordered_json::object()).to_json();
    return value.is_structured() ? std::optional(std::move(value)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<nlohmann::ordered_json> literal_list(const std::string& text) {
  auto value = literal_container(text);
  return value && value->is_array() ? value : std::nullopt;
}

}  // namespace lmms_eval::tmpl
