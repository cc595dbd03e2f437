#include "template/literal.h"

#include "base/text.h"
#include "lmms_eval/error.h"
#include "template/template.h"

namespace lmms_eval::tmpl {

std::optional<nlohmann::ordered_json> literal_list(const std::string& text) {
  const auto trimmed = trim(text);
  if (!trimmed.starts_with('[') || !trimmed.ends_with(']')) return std::nullopt;
  try {
    // Jinja's own expressions have Python's literals.
    const auto list = Expression::parse(trimmed).evaluate(nlohmann::ordered_json::object()).to_json();
    return list.is_array() ? std::optional(list) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace lmms_eval::tmpl
