#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "models/local/tokenizer/normalizer.h"
#include "models/local/tokenizer/pieces.h"

namespace lmms_eval::local::tokenization {

/// A token that is looked for in the text before the model sees it.
struct AddedToken {
  std::string content;
  bool single_word = false;  ///< only where no word character touches it
  bool lstrip = false;       ///< takes the white space before it along
  bool rstrip = false;       ///< and behind it
  bool normalized = false;   ///< looked for in the normalized text, in its own normalized form
  bool special = false;      ///< left out of decoded text when special tokens are skipped

  bool operator==(const AddedToken&) const = default;
};

/// A set of texts of which the longest that matches leftmost is found.
class TextSet {
 public:
  void add(std::string_view text, std::int32_t value);
  bool empty() const { return nodes_.empty(); }
  /// The first match at or after `from`: its bytes and its value. False if there is none.
  bool find(std::string_view text, std::size_t from, Span& match, std::int32_t& value) const;

 private:
  struct TrieNode {
    std::int32_t value = -1;
    std::vector<std::pair<unsigned char, std::uint32_t>> children;
  };
  const std::uint32_t* child(std::uint32_t node, char byte) const;

  std::vector<TrieNode> nodes_;
  std::array<bool, 256> starts_{};
};

/// The added tokens of a tokenizer: which there are, and where they stand in a text. Not changed after loading;
/// thread-safe for reading.
class AddedTokens {
 public:
  /// Adds a token or changes the properties of one. `model_id` is the model's id for its text, -1 if the model has
  /// none: it then gets the next free id above `model_size` tokens.
  void add(const AddedToken& token, std::int32_t model_id, std::int32_t model_size, const Normalizer& normalizer);
  /// To be called once all are added.
  void index();

  /// Cuts a raw text at added tokens and normalizes what lies between.
  PieceList extract(std::string_view text, const Normalizer& normalizer) const;

  /// -1 if there is none.
  std::int32_t id_of(std::string_view content) const;
  const AddedToken* find(std::int32_t id) const;
  /// By id, with the text that decoding starts from.
  const std::unordered_map<std::int32_t, std::string>& texts() const { return texts_; }
  bool is_special(const std::string& content) const { return special_.contains(content); }
  std::size_t size() const { return ids_.size(); }
  /// Contents in no order.
  const std::unordered_map<std::string, std::int32_t>& ids() const { return ids_; }

 private:
  void cut(const PieceList& from, const TextSet& set, PieceList& list) const;

  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<std::int32_t, AddedToken> tokens_;
  std::unordered_map<std::int32_t, std::string> texts_;  // normalized where the token is
  std::unordered_set<std::string> special_;
  TextSet raw_;
  TextSet normalized_;
};

}  // namespace lmms_eval::local::tokenization
