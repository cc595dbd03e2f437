#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/local/tokenizer/node.h"

namespace lmms_eval::local::tokenization {

/// The "decoder" of tokenizer.json: makes text of tokens. Immutable, thread-safe.
///
/// Sequence, ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, BPEDecoder; null joins the tokens with spaces.
class Decoder {
 public:
  explicit Decoder(const Node& node);
  std::string decode(std::vector<std::string> tokens) const;

 private:
  using Tokens = std::vector<std::string>;
  void add(const Node& node);
  void add_strip(const Node& node);
  void add_metaspace(const Node& node);
  std::vector<std::function<void(Tokens&)>> steps_;
  std::string joint_;
};

}  // namespace lmms_eval::local::tokenization
