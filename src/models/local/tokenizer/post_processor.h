#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/local/tokenizer/node.h"

namespace lmms_eval::local::tokenization {

/// The "post_processor" of tokenizer.json: puts special tokens (BOS ...) around the ids of a text. Immutable,
/// thread-safe.
///
/// Sequence, TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel (which only touches offsets); null does
/// nothing.
class PostProcessor {
 public:
  explicit PostProcessor(const Node& node) { add(node); }
  std::vector<std::int32_t> apply(std::vector<std::int32_t> ids, bool add_special_tokens) const;

 private:
  using Ids = std::vector<std::int32_t>;
  /// A special token of a template, or the text itself.
  struct Part {
    bool is_text = false;
    Ids ids;
  };
  void add(const Node& node);
  void add_template(const Node& node);
  std::vector<std::vector<Part>> steps_;
};

}  // namespace lmms_eval::local::tokenization
