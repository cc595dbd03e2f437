#include "models/local/tokenizer/bpe.h"

#include <fmt/format.h>

#include <bit>
#include <queue>

#include "base/errors.h"
#include "base/text.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

constexpr std::size_t kCachedWords = 1 << 16;
constexpr std::size_t kLongestCachedWord = 256;

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
}

/// Mixes well enough for a table indexed by the top bits (Fibonacci hashing).
std::size_t slot_of(std::uint64_t pair, std::size_t size) {
  return static_cast<std::size_t>((pair * 0x9E3779B97F4A7C15u) >> (64 - std::countr_zero(size)));
}

}  // namespace

const std::vector<std::int32_t>* WordCache::find(std::string_view word) const {
  const auto found = words_.find(word);
  return found == words_.end() ? nullptr : &found->second;
}

void WordCache::put(std::string_view word, std::vector<std::int32_t> ids) {
  if (word.size() > kLongestCachedWord || words_.size() >= kCachedWords) return;
  words_.emplace(word, std::move(ids));
}

Bpe::Bpe(const Node& node, Vocabulary vocabulary, const Merges& merges)
    : vocabulary_(std::move(vocabulary)),
      continuing_prefix_(node.text("continuing_subword_prefix", "")),
      word_suffix_(node.text("end_of_word_suffix", "")),
      fuse_unknown_(node.flag("fuse_unk", false)),
      byte_fallback_(node.flag("byte_fallback", false)),
      ignore_merges_(node.flag("ignore_merges", false)) {
  const auto dropout = node.at("dropout");
  if (!dropout.is_null() && dropout.value() != 0) {
    throw errors::model("{} is {}: merges dropped at random are not supported", dropout.where(),
                        dropout.value().dump());
  }
  if (const auto unknown = node.at("unk_token"); !unknown.is_null()) {
    // Only an error where it is needed, in tokenizers; here at once, since nothing else could be meant.
    unknown_ = id_of(unknown.as_text());
    if (unknown_ < 0) throw errors::model("{} '{}' is not in the vocabulary", unknown.where(), unknown.as_text());
  }
  for (int byte = 0; byte < 256; ++byte) byte_tokens_.push_back(id_of(fmt::format("<0x{:02X}>", byte)));
  read_merges(merges, node.at("merges").where());
}

void Bpe::read_merges(const Merges& merges, const std::string& where) {
  merges_.resize(std::bit_ceil(merges.size() * 2 + 2));
  std::string joined;
  std::int32_t rank = 0;
  for (const auto& [left, right] : merges) {
    if (right.size() < continuing_prefix_.size())
      throw errors::model("{}[{}] '{}' is too short", where, rank, one_line(right));
    joined = left;
    joined.append(right, continuing_prefix_.size());
    const auto left_id = id_of(left);
    const auto right_id = id_of(right);
    const auto joined_id = id_of(joined);
    if (left_id < 0 || right_id < 0 || joined_id < 0) {
      throw errors::model("{}[{}]: '{}' is not in the vocabulary", where, rank,
                          one_line(left_id < 0    ? left
                                   : right_id < 0 ? right
                                                  : joined));
    }
    insert_merge(pair_key(left_id, right_id), rank++, joined_id);
  }
}

/// A pair that comes twice has the later rank, as in a map that is filled in order.
void Bpe::insert_merge(std::uint64_t pair, std::int32_t rank, std::int32_t id) {
  std::size_t slot = slot_of(pair, merges_.size());
  while (merges_[slot].pair != kNoPair && merges_[slot].pair != pair) slot = (slot + 1) & (merges_.size() - 1);
  merges_[slot] = {pair, rank, id};
}

const Bpe::Merge* Bpe::merge_of(std::int32_t left, std::int32_t right) const {
  const auto pair = pair_key(left, right);
  std::size_t slot = slot_of(pair, merges_.size());
  while (merges_[slot].pair != kNoPair) {
    if (merges_[slot].pair == pair) return &merges_[slot];
    slot = (slot + 1) & (merges_.size() - 1);
  }
  return nullptr;
}

std::int32_t Bpe::id_of(std::string_view token) const {
  const auto found = vocabulary_.find(token);
  return found == vocabulary_.end() ? -1 : found->second;
}

/// Appends the byte tokens of a character, if there is one for each of its bytes.
bool Bpe::add_bytes(std::string_view character, std::vector<Symbol>& symbols) const {
  for (const char byte : character) {
    if (byte_tokens_[static_cast<unsigned char>(byte)] < 0) return false;
  }
  for (const char byte : character) symbols.push_back({byte_tokens_[static_cast<unsigned char>(byte)]});
  return true;
}

std::vector<Bpe::Symbol> Bpe::symbols_of(std::string_view word) const {
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  bool unknown_open = false;  // an unknown token waits for a known character or the end
  std::string decorated;
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t begin = at;
    next_code_point(word, at);
    std::string_view character = word.substr(begin, at - begin);
    const bool prefixed = begin > 0 && !continuing_prefix_.empty();
    const bool suffixed = at == word.size() && !word_suffix_.empty();
    if (prefixed || suffixed) {
      decorated = fmt::format("{}{}{}", prefixed ? continuing_prefix_ : "", character, suffixed ? word_suffix_ : "");
      character = decorated;
    }
    if (const auto id = id_of(character); id >= 0) {
      if (std::exchange(unknown_open, false)) symbols.push_back({unknown_});
      symbols.push_back({id});
    } else if (byte_fallback_ && add_bytes(character, symbols)) {
      // An unknown token that waits comes behind these bytes: tokenizers has it so.
    } else if (unknown_ >= 0) {
      if (unknown_open && !fuse_unknown_) symbols.push_back({unknown_});
      unknown_open = true;
    }
  }
  if (unknown_open) symbols.push_back({unknown_});
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = static_cast<std::int32_t>(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? static_cast<std::int32_t>(i + 1) : -1;
  }
  return symbols;
}

void Bpe::merge_all(std::vector<Symbol>& symbols) const {
  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue(std::greater<>{}, std::move(storage));
  const auto offer = [&](std::int32_t position) {
    if (position < 0 || symbols[position].next < 0) return;
    const auto* const merge = merge_of(symbols[position].id, symbols[symbols[position].next].id);
    if (merge) queue.push({merge->rank, position, merge->id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) offer(static_cast<std::int32_t>(i));
  while (!queue.empty()) {
    const auto best = queue.top();
    queue.pop();
    auto& left = symbols[best.position];
    if (left.gone || left.next < 0) continue;
    auto& right = symbols[left.next];
    // The pair may have changed since it was offered.
    const auto* const merge = merge_of(left.id, right.id);
    if (!merge || merge->id != best.id) continue;
    left.id = best.id;
    left.next = right.next;
    right.gone = true;
    if (left.next >= 0) symbols[left.next].previous = best.position;
    offer(left.previous);
    offer(best.position);
  }
}

void Bpe::encode(std::string_view word, WordCache& cache, std::vector<std::int32_t>& ids) const {
  if (ignore_merges_) {
    if (const auto id = id_of(word); id >= 0) {
      ids.push_back(id);
      return;
    }
  }
  if (const auto* const known = cache.find(word)) {
    ids.insert(ids.end(), known->begin(), known->end());
    return;
  }
  auto symbols = symbols_of(word);
  merge_all(symbols);
  std::vector<std::int32_t> result;
  for (const auto& symbol : symbols) {
    if (!symbol.gone) result.push_back(symbol.id);
  }
  ids.insert(ids.end(), result.begin(), result.end());
  cache.put(word, std::move(result));
}

}  // namespace lmms_eval::local::tokenization
