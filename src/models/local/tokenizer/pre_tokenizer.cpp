#include "models/local/tokenizer/pre_tokenizer.h"

#include <string>
#include <utility>

#include "models/local/tokenizer/byte_level.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {

void PreTokenizer::add(const Node& node) {
  if (node.is_null()) return;
  const auto& type = node.text("type");
  if (type == "Sequence") {
    for (const auto& item : node.items("pretokenizers")) add(item);
  } else if (type == "Split") {
    add_split(node.pattern("pattern"), node.behavior("behavior"), node.flag("invert"));
  } else if (type == "ByteLevel") {
    add_byte_level(node);
  } else if (type == "Digits") {
    add_split(Pattern::characters(is_numeric),
              node.flag("individual_digits") ? SplitBehavior::isolated : SplitBehavior::contiguous);
  } else if (type == "Whitespace") {
    // \w+|[^\w\s]+ of Rust's regex, whose \w has the joiners: runs of words, runs of neither word nor space.
    const auto word = [](char32_t c) { return is_word(c); };
    add_split(Pattern::characters(is_white_space), SplitBehavior::removed);
    add_split(Pattern::characters(word), SplitBehavior::contiguous);
  } else if (type == "WhitespaceSplit") {
    add_split(Pattern::characters(is_white_space), SplitBehavior::removed);
  } else if (type == "Punctuation") {
    add_split(Pattern::characters(is_punctuation),
              node.at("behavior").is_null() ? SplitBehavior::isolated : node.behavior("behavior"));
  } else if (type == "Metaspace") {
    add_metaspace(node);
  } else {
    node.unsupported_type("Sequence, Split, ByteLevel, Digits, Whitespace, WhitespaceSplit, Punctuation, Metaspace");
  }
}

void PreTokenizer::add_split(Pattern pattern, SplitBehavior behavior, bool invert) {
  steps_.emplace_back(
      [pattern = std::move(pattern), behavior, invert](PieceList& list) { list.split(pattern, behavior, invert); });
}

void PreTokenizer::add_byte_level(const Node& node) {
  if (node.flag("add_prefix_space")) {
    steps_.emplace_back([](PieceList& list) {
      list.rewrite([](std::string_view text, const Piece&, std::string& out) {
        if (!text.starts_with(' ')) out += ' ';
        out += text;
      });
    });
  }
  if (node.flag("use_regex", true)) add_split(Pattern::regex(kByteLevelWords, node.where()), SplitBehavior::isolated);
  steps_.emplace_back([](PieceList& list) {
    list.rewrite([](std::string_view text, const Piece&, std::string& out) { append_byte_level(out, text); });
  });
}

PrependScheme prepend_scheme(const Node& metaspace) {
  const auto scheme = metaspace.text("prepend_scheme", "always");
  const bool legacy_never = !metaspace.flag("add_prefix_space", true);
  if (scheme == "never") return PrependScheme::never;
  if (legacy_never) {
    // Files from before prepend_scheme have add_prefix_space alone.
    if (!metaspace.at("prepend_scheme").is_null())
      metaspace.at("prepend_scheme").wrong_type("never, as add_prefix_space is false");
    return PrependScheme::never;
  }
  if (scheme == "first") return PrependScheme::first;
  if (scheme == "always") return PrependScheme::always;
  metaspace.at("prepend_scheme").wrong_type("first, never or always");
}

void PreTokenizer::add_metaspace(const Node& node) {
  std::string sign;
  append_utf8(sign, node.character("replacement"));
  const auto scheme = prepend_scheme(node);
  steps_.emplace_back([sign, scheme](PieceList& list) {
    list.rewrite([&](std::string_view text, const Piece& piece, std::string& out) {
      const bool has_sign = text.starts_with(' ') || text.starts_with(sign);
      const bool wanted = scheme == PrependScheme::always || (scheme == PrependScheme::first && piece.at_start);
      if (wanted && !has_sign) out += sign;
      for (const char c : text) {
        if (c == ' ') {
          out += sign;
        } else {
          out.push_back(c);
        }
      }
    });
  });
  if (node.flag("split", true)) add_split(Pattern::literal(sign), SplitBehavior::merged_with_next);
}

void PreTokenizer::apply(PieceList& list) const {
  for (const auto& step : steps_) step(list);
}

}  // namespace lmms_eval::local::tokenization
