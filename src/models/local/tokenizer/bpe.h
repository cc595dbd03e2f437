#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/local/tokenizer/node.h"

namespace lmms_eval::local::tokenization {

/// Lets a map of std::string be asked with a std::string_view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Vocabulary = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;
using Merges = std::vector<std::pair<std::string, std::string>>;

/// The ids of words that were encoded before. One per running encode call; they are kept in a pool between calls.
class WordCache {
 public:
  /// Null if the word is not known.
  const std::vector<std::int32_t>* find(std::string_view word) const;
  void put(std::string_view word, std::vector<std::int32_t> ids);

 private:
  std::unordered_map<std::string, std::vector<std::int32_t>, TextHash, std::equal_to<>> words_;
};

/// Byte pair encoding: a word is taken apart in characters, and pairs are merged in the order of their rank, leftmost
/// first, until no merge applies. A word of n characters takes O(n log n).
///
/// Immutable, thread-safe.
class Bpe {
 public:
  /// `node` is the "model" of tokenizer.json without its vocab and merges, which come apart because of their size.
  /// Throws Error{model} for dropout, and for a merge whose parts or result are not in the vocabulary.
  Bpe(const Node& node, Vocabulary vocabulary, const Merges& merges);

  /// Appends the ids of a word. Characters that the vocabulary lacks become byte tokens (byte_fallback), the unknown
  /// token, or nothing.
  void encode(std::string_view word, WordCache& cache, std::vector<std::int32_t>& ids) const;

  std::int32_t id_of(std::string_view token) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  struct Merge {
    std::uint64_t pair = kNoPair;  // left id, right id
    std::int32_t rank = 0;
    std::int32_t id = 0;
  };
  struct Symbol {
    std::int32_t id = 0;
    std::int32_t previous = -1;
    std::int32_t next = -1;
    bool gone = false;
  };
  struct Candidate {
    std::int32_t rank;
    std::int32_t position;
    std::int32_t id;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  static constexpr std::uint64_t kNoPair = ~std::uint64_t{0};

  void read_merges(const Merges& merges, const std::string& where);
  void insert_merge(std::uint64_t pair, std::int32_t rank, std::int32_t id);
  const Merge* merge_of(std::int32_t left, std::int32_t right) const;
  std::vector<Symbol> symbols_of(std::string_view word) const;
  bool add_bytes(std::string_view character, std::vector<Symbol>& symbols) const;
  void merge_all(std::vector<Symbol>& symbols) const;

  Vocabulary vocabulary_;
  std::vector<Merge> merges_;              // open addressing, a power of two
  std::vector<std::int32_t> byte_tokens_;  // of <0x00> ... <0xFF>, -1 where there is none
  std::string continuing_prefix_;
  std::string word_suffix_;
  std::int32_t unknown_ = -1;
  bool fuse_unknown_ = false;
  bool byte_fallback_ = false;
  bool ignore_merges_ = false;
};

}  // namespace lmms_eval::local::tokenization
