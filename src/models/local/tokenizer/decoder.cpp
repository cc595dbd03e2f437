#include "models/local/tokenizer/decoder.h"

#include <charconv>
#include <optional>
#include <utility>

#include "models/local/tokenizer/byte_level.h"
#include "models/local/tokenizer/pre_tokenizer.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

using Tokens = std::vector<std::string>;

/// A token that is not all of the byte-level alphabet (an added token) stands for itself.
void decode_byte_level(Tokens& tokens) {
  std::string bytes;
  for (const auto& token : tokens) {
    const auto decoded = bytes_of_byte_level(token);
    bytes += decoded ? *decoded : token;
  }
  tokens = {valid_utf8(bytes)};
}

/// The byte of "<0x61>".
std::optional<char> byte_of(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  unsigned value = 0;
  const char* const end = token.data() + 5;
  const auto [stop, error] = std::from_chars(token.data() + 3, end, value, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return static_cast<char>(value);
}

/// A run of byte tokens is a text, or as many U+FFFD as it has bytes.
void decode_byte_fallback(Tokens& tokens) {
  Tokens result;
  std::string run;
  const auto close_run = [&] {
    if (run.empty()) return;
    if (is_valid_utf8(run)) {
      result.push_back(run);
    } else {
      for (std::size_t i = 0; i < run.size(); ++i) append_utf8(result.emplace_back(), 0xFFFD);
    }
    run.clear();
  };
  for (auto& token : tokens) {
    if (const auto byte = byte_of(token)) {
      run.push_back(*byte);
    } else {
      close_run();
      result.push_back(std::move(token));
    }
  }
  close_run();
  tokens = std::move(result);
}

std::string join(const Tokens& tokens, const std::string& joint) {
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) text += joint;
    text += tokens[i];
  }
  return text;
}

/// Without up to `start` of the sign in front and up to `stop` at the end.
std::string strip(std::string_view token, std::string_view sign, std::int64_t start, std::int64_t stop) {
  for (; start > 0 && token.starts_with(sign); --start) token.remove_prefix(sign.size());
  for (; stop > 0 && token.ends_with(sign); --stop) token.remove_suffix(sign.size());
  return std::string(token);
}

}  // namespace

Decoder::Decoder(const Node& node) : joint_(node.is_null() ? " " : "") { add(node); }

void Decoder::add(const Node& node) {
  if (node.is_null()) return;
  const auto& type = node.text("type");
  if (type == "Sequence") {
    for (const auto& item : node.items("decoders")) add(item);
  } else if (type == "ByteLevel") {
    steps_.emplace_back(decode_byte_level);
  } else if (type == "ByteFallback") {
    steps_.emplace_back(decode_byte_fallback);
  } else if (type == "Fuse") {
    steps_.emplace_back([](Tokens& tokens) { tokens = {join(tokens, "")}; });
  } else if (type == "Replace") {
    steps_.emplace_back([pattern = node.pattern("pattern"), content = node.text("content")](Tokens& tokens) {
      for (auto& token : tokens) token = pattern.replace(token, content);
    });
  } else if (type == "Strip") {
    add_strip(node);
  } else if (type == "Metaspace") {
    add_metaspace(node);
  } else if (type == "BPEDecoder") {
    steps_.emplace_back([suffix = Pattern::literal(node.text("suffix"))](Tokens& tokens) {
      for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = suffix.replace(tokens[i], i + 1 == tokens.size() ? "" : " ");
    });
  } else {
    node.unsupported_type("Sequence, ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, BPEDecoder");
  }
}

void Decoder::add_strip(const Node& node) {
  std::string sign;
  append_utf8(sign, node.character("content"));
  steps_.emplace_back([sign, start = node.integer("start"), stop = node.integer("stop")](Tokens& tokens) {
    for (auto& token : tokens) token = strip(token, sign, start, stop);
  });
}

/// The sign is a space, but in the first token, where the pre-tokenizer put it, nothing.
void Decoder::add_metaspace(const Node& node) {
  std::string sign;
  append_utf8(sign, node.character("replacement"));
  const bool prepended = prepend_scheme(node) != PrependScheme::never;
  steps_.emplace_back([pattern = Pattern::literal(sign), prepended](Tokens& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = pattern.replace(tokens[i], i == 0 && prepended ? "" : " ");
  });
}

std::string Decoder::decode(Tokens tokens) const {
  for (const auto& step : steps_) step(tokens);
  return join(tokens, joint_);
}

}  // namespace lmms_eval::local::tokenization
