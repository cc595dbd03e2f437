#include "models/local/tokenizer/post_processor.h"

#include <utility>

namespace lmms_eval::local::tokenization {
namespace {

/// The id of ["</s>", 2].
std::int32_t paired_id(const Node& node, const std::string& key) {
  const auto items = node.items(key);
  if (items.size() != 2 || !items[1].value().is_number_integer())
    node.at(key).wrong_type("a list of a token and its id");
  return items[1].value().get<std::int32_t>();
}

}  // namespace

void PostProcessor::add(const Node& node) {
  if (node.is_null()) return;
  const auto& type = node.text("type");
  if (type == "Sequence") {
    for (const auto& item : node.items("processors")) add(item);
  } else if (type == "TemplateProcessing") {
    add_template(node);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    steps_.push_back({{false, {paired_id(node, "cls")}}, {true, {}}, {false, {paired_id(node, "sep")}}});
  } else if (type != "ByteLevel") {
    node.unsupported_type("Sequence, TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel");
  }
}

void PostProcessor::add_template(const Node& node) {
  std::vector<Part> parts;
  for (const auto& piece : node.items("single")) {
    if (const auto sequence = piece.at("Sequence"); !sequence.is_null()) {
      if (sequence.text("id") != "A") sequence.at("id").wrong_type("A, as there is one text only");
      parts.push_back({true, {}});
      continue;
    }
    const auto& name = piece.at("SpecialToken").text("id");
    Part part;
    for (const auto& id : node.at("special_tokens").at(name).items("ids")) {
      if (!id.value().is_number_integer()) id.wrong_type("a token id");
      part.ids.push_back(id.value().get<std::int32_t>());
    }
    parts.push_back(std::move(part));
  }
  steps_.push_back(std::move(parts));
}

std::vector<std::int32_t> PostProcessor::apply(Ids ids, bool add_special_tokens) const {
  for (const auto& parts : steps_) {
    Ids result;
    result.reserve(ids.size() + parts.size());
    for (const auto& part : parts) {
      if (part.is_text) {
        result.insert(result.end(), ids.begin(), ids.end());
      } else if (add_special_tokens) {
        result.insert(result.end(), part.ids.begin(), part.ids.end());
      }
    }
    ids = std::move(result);
  }
  return ids;
}

}  // namespace lmms_eval::local::tokenization
