#include "template/attribute_path.h"

#include <algorithm>

#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

AttributePath::AttributePath(const Value& attribute) {
  if (attribute.is_missing() || attribute.is_none()) return;
  if (!attribute.is_string()) {
    parts_.push_back(attribute);
    return;
  }
  for (auto& part : split(attribute.as_string(), '.')) {
    const bool digits =
        !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) {
      parts_.emplace_back(parse_int(part, 10).value_or(0));
    } else {
      parts_.emplace_back(std::move(part));
    }
  }
}

std::vector<AttributePath> AttributePath::several(const Value& attribute) {
  std::vector<AttributePath> paths;
  if (attribute.is_string()) {
    for (auto& part : split(attribute.as_string(), ',')) paths.emplace_back(Value(std::move(part)));
  } else {
    paths.emplace_back(attribute);
  }
  return paths;
}

Value AttributePath::operator()(Runtime& runtime, Value item, const Value* fallback) const {
  for (const auto& part : parts_) {
    item = runtime.get_item(item, part);
    if (fallback != nullptr && item.is_undefined()) item = *fallback;
  }
  return item;
}

Value ignore_case(Value value) { return value.is_string() ? Value(to_lower(value.as_string())) : value; }

}  // namespace lmms_eval::tmpl
