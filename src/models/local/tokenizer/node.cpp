#include "models/local/tokenizer/node.h"

#include <fmt/format.h>

#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {

Node Node::at(const std::string& key) const {
  static const nlohmann::json kNull;
  const auto place = where_.ends_with(':') ? fmt::format("{} {}", where_, key) : fmt::format("{}.{}", where_, key);
  if (!value_->is_object()) return Node(kNull, place);
  const auto found = value_->find(key);
  return Node(found == value_->end() ? kNull : *found, place);
}

void Node::wrong_type(std::string_view wanted) const {
  throw errors::model("{} must be {}, it is {}", where_, wanted, is_null() ? "missing or null" : value_->type_name());
}

void Node::unsupported_type(std::string_view supported) const {
  const auto type = at("type");
  throw errors::model("{} {} is not supported (supported are {})", type.where(), type.value().dump(), supported);
}

const std::string& Node::as_text() const {
  if (!value_->is_string()) wrong_type("a text");
  return value_->get_ref<const std::string&>();
}

std::string Node::text(const std::string& key, const std::string& fallback) const {
  const auto field = at(key);
  return field.is_null() ? fallback : field.as_text();
}

bool Node::flag(const std::string& key) const {
  const auto field = at(key);
  if (!field.value().is_boolean()) field.wrong_type("true or false");
  return field.value().get<bool>();
}

bool Node::flag(const std::string& key, bool fallback) const { return at(key).is_null() ? fallback : flag(key); }

std::int64_t Node::integer(const std::string& key) const {
  const auto field = at(key);
  if (!field.value().is_number_integer()) field.wrong_type("an integer");
  return field.value().get<std::int64_t>();
}

char32_t Node::character(const std::string& key) const {
  const auto field = at(key);
  const auto& text = field.as_text();
  std::size_t end = 0;
  const char32_t c = text.empty() ? 0 : next_code_point(text, end);
  if (text.empty() || end != text.size()) field.wrong_type("one character");
  return c;
}

std::vector<Node> Node::items(const std::string& key) const {
  const auto list = at(key);
  if (!list.value().is_array()) list.wrong_type("a list");
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < list.value().size(); ++i) {
    nodes.emplace_back(list.value()[i], fmt::format("{}[{}]", list.where(), i));
  }
  return nodes;
}

Pattern Node::pattern(const std::string& key) const {
  const auto field = at(key);
  if (const auto regex = field.at("Regex"); !regex.is_null()) return Pattern::regex(regex.as_text(), regex.where());
  const auto literal = field.at("String");
  if (literal.as_text().empty()) literal.wrong_type("a text that is not empty");
  return Pattern::literal(literal.as_text());
}

SplitBehavior Node::behavior(const std::string& key) const {
  const auto field = at(key);
  const auto& name = field.as_text();
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  field.wrong_type("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

}  // namespace lmms_eval::local::tokenization
