#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/local/tokenizer/node.h"

namespace lmms_eval::local::tokenization {

/// The "normalizer" of tokenizer.json: rewrites text before it is cut into words. Immutable, thread-safe.
///
/// Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, Replace, ByteLevel; null does nothing.
class Normalizer {
 public:
  explicit Normalizer(const Node& node) { add(node); }
  std::string normalize(std::string text) const;
  bool empty() const { return steps_.empty(); }

 private:
  void add(const Node& node);
  std::vector<std::function<std::string(const std::string&)>> steps_;
};

}  // namespace lmms_eval::local::tokenization
