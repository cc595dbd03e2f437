#pragma once

#include <functional>
#include <vector>

#include "models/local/tokenizer/node.h"
#include "models/local/tokenizer/pieces.h"

namespace lmms_eval::local::tokenization {

/// The "pre_tokenizer" of tokenizer.json: cuts normalized text into the words that the model encodes one by one.
/// Immutable, thread-safe.
///
/// Sequence, Split, ByteLevel, Digits, Whitespace, WhitespaceSplit, Punctuation, Metaspace; null cuts nothing.
class PreTokenizer {
 public:
  explicit PreTokenizer(const Node& node) { add(node); }
  void apply(PieceList& list) const;

 private:
  void add(const Node& node);
  void add_split(Pattern pattern, SplitBehavior behavior, bool invert = false);
  void add_byte_level(const Node& node);
  void add_metaspace(const Node& node);
  std::vector<std::function<void(PieceList&)>> steps_;
};

/// When a Metaspace writes its sign before a text that has none.
enum class PrependScheme { first, never, always };
PrependScheme prepend_scheme(const Node& metaspace);

}  // namespace lmms_eval::local::tokenization
