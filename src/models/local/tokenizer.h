#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval::local {

/// Text to token ids and back, exactly as Hugging Face's tokenizer.json says (byte-level BPE).
///
/// Immutable after loading, thread-safe. Throws Error{model} naming the file and the field when a tokenizer.json asks
/// for something that is not supported.
class LMMS_EVAL_API Tokenizer {
 public:
  /// `folder` holds tokenizer.json and, if any, tokenizer_config.json.
  static Tokenizer load(const std::filesystem::path& folder);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// Added tokens in the text become their ids; `add_special_tokens` runs the post-processor (BOS ...).
  std::vector<std::int32_t> encode(std::string_view text, bool add_special_tokens = false) const;
  /// Bytes that are no valid UTF-8 become U+FFFD, as in tokenizers.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens = true) const;

  /// The id of a token's exact text, -1 if there is none.
  std::int32_t token_to_id(std::string_view token) const;
  std::size_t vocab_size() const;  ///< with added tokens
  /// From tokenizer_config.json, -1 if absent.
  std::int32_t bos_id() const;
  std::int32_t eos_id() const;
  std::int32_t pad_id() const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lmms_eval::local
