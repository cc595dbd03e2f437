#include "models/local/tokenizer/added_tokens.h"

#include <algorithm>
#include <utility>

#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local::tokenization {
namespace {

bool word_before(std::string_view text, std::size_t at) { return at > 0 && is_word(previous_code_point(text, at)); }
bool word_at(std::string_view text, std::size_t at) { return at < text.size() && is_word(next_code_point(text, at)); }

std::size_t start_of_space_before(std::string_view text, std::size_t at) {
  while (at > 0) {
    std::size_t before = at;
    if (!is_white_space(previous_code_point(text, before))) break;
    at = before;
  }
  return at;
}

std::size_t end_of_space_at(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    std::size_t next = at;
    if (!is_white_space(next_code_point(text, next))) break;
    at = next;
  }
  return at;
}

}  // namespace

void TextSet::add(std::string_view text, std::int32_t value) {
  if (text.empty()) return;
  if (nodes_.empty()) nodes_.emplace_back();
  starts_[static_cast<unsigned char>(text.front())] = true;
  std::uint32_t node = 0;
  for (const char byte : text) {
    if (const auto* const next = child(node, byte)) {
      node = *next;
      continue;
    }
    const auto fresh = static_cast<std::uint32_t>(nodes_.size());
    nodes_[node].children.emplace_back(static_cast<unsigned char>(byte), fresh);
    nodes_.emplace_back();
    node = fresh;
  }
  nodes_[node].value = value;
}

const std::uint32_t* TextSet::child(std::uint32_t node, char byte) const {
  for (const auto& [key, next] : nodes_[node].children) {
    if (key == static_cast<unsigned char>(byte)) return &next;
  }
  return nullptr;
}

bool TextSet::find(std::string_view text, std::size_t from, Span& match, std::int32_t& value) const {
  if (nodes_.empty()) return false;
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (!starts_[static_cast<unsigned char>(text[begin])]) continue;
    std::uint32_t node = 0;
    std::int32_t found = -1;
    for (std::size_t at = begin; at < text.size(); ++at) {
      const auto* const next = child(node, text[at]);
      if (!next) break;
      node = *next;
      if (nodes_[node].value >= 0) {
        found = nodes_[node].value;
        match = {begin, at + 1, true};
      }
    }
    if (found >= 0) {
      value = found;
      return true;
    }
  }
  return false;
}

void AddedTokens::add(const AddedToken& token, std::int32_t model_id, std::int32_t model_size,
                      const Normalizer& normalizer) {
  if (token.content.empty()) return;
  const auto known = id_of(token.content);
  std::int32_t id = known >= 0 ? known : model_id;
  if (id < 0) {
    id = model_size;
    for (const auto& [other, unused] : tokens_) id = std::max(id, other + 1);
  }
  ids_[token.content] = id;
  tokens_[id] = token;
  texts_[id] = token.normalized ? normalizer.normalize(token.content) : token.content;
  if (token.special) special_.insert(token.content);
}

void AddedTokens::index() {
  raw_ = {};
  normalized_ = {};
  for (const auto& [id, token] : tokens_) (token.normalized ? normalized_ : raw_).add(texts_.at(id), id);
}

std::int32_t AddedTokens::id_of(std::string_view content) const {
  const auto found = ids_.find(std::string(content));
  return found == ids_.end() ? -1 : found->second;
}

const AddedToken* AddedTokens::find(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

PieceList AddedTokens::extract(std::string_view text, const Normalizer& normalizer) const {
  PieceList list;
  list.text = text;
  list.pieces = {{0, text.size(), -1, true}};
  if (!raw_.empty()) {
    PieceList whole = list;
    list.pieces.clear();
    cut(whole, raw_, list);
  }
  if (!normalizer.empty()) {
    list.rewrite(
        [&](std::string_view old, const Piece&, std::string& out) { out += normalizer.normalize(std::string(old)); });
  }
  if (!normalized_.empty()) {
    PieceList whole = list;
    list.pieces.clear();
    cut(whole, normalized_, list);
  }
  std::erase_if(list.pieces, [](const Piece& piece) { return piece.begin == piece.end; });
  return list;
}

/// The pieces of `from` cut at the tokens of `set`, appended to the pieces of `list`, which has the same text.
void AddedTokens::cut(const PieceList& from, const TextSet& set, PieceList& list) const {
  for (const auto& piece : from.pieces) {
    if (piece.token >= 0) {
      list.pieces.push_back(piece);
      continue;
    }
    const auto text = from.view(piece);
    const auto emit = [&](std::size_t begin, std::size_t end, std::int32_t token) {
      if (begin < end)
        list.pieces.push_back({piece.begin + begin, piece.begin + end, token, piece.at_start && begin == 0});
    };
    std::size_t done = 0;
    std::size_t search = 0;
    Span match;
    std::int32_t id = -1;
    while (set.find(text, search, match, id)) {
      search = match.end;
      const auto& token = tokens_.at(id);
      if (token.single_word && (word_before(text, match.begin) || word_at(text, match.end))) continue;
      if (token.lstrip) match.begin = std::max(start_of_space_before(text, match.begin), done);
      if (token.rstrip) match.end = end_of_space_at(text, match.end);
      emit(done, match.begin, -1);
      emit(match.begin, match.end, id);
      done = match.end;
    }
    emit(done, text.size(), -1);
  }
}

}  // namespace lmms_eval::local::tokenization
