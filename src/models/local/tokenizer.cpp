#include "models/local/tokenizer.h"

#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "base/errors.h"
#include "models/local/tokenizer/added_tokens.h"
#include "models/local/tokenizer/bpe.h"
#include "models/local/tokenizer/decoder.h"
#include "models/local/tokenizer/normalizer.h"
#include "models/local/tokenizer/post_processor.h"
#include "models/local/tokenizer/pre_tokenizer.h"
#include "models/local/tokenizer/special_tokens.h"
#include "models/local/tokenizer/tokenizer_file.h"
#include "models/local/tokenizer/unicode_data.h"

namespace lmms_eval::local {

using namespace tokenization;

namespace {

/// Word caches that no running call uses. A call borrows one, so that words cost no lock.
class CachePool {
 public:
  std::unique_ptr<WordCache> borrow() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<WordCache>();
    auto cache = std::move(free_.back());
    free_.pop_back();
    return cache;
  }
  void give_back(std::unique_ptr<WordCache> cache) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(cache));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WordCache>> free_;
};

/// What transformers' clean_up_tokenization does, in its order.
std::string cleaned_up(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kRules = {{{" .", "."},
                                                                                     {" ?", "?"},
                                                                                     {" !", "!"},
                                                                                     {" ,", ","},
                                                                                     {" ' ", "'"},
                                                                                     {" n't", "n't"},
                                                                                     {" 'm", "'m"},
                                                                                     {" 's", "'s"},
                                                                                     {" 've", "'ve"},
                                                                                     {" 're", "'re"}}};
  for (const auto& [from, to] : kRules) text = Pattern::literal(std::string(from)).replace(text, to);
  return text;
}

}  // namespace

struct Tokenizer::State {
  struct Token {
    std::string text;
    bool known = false;
    bool special = false;
  };

  State(const Node& root, Vocabulary vocabulary, const Merges& merges, const SpecialTokens& special)
      : normalizer(root.at("normalizer")),
        pre_tokenizer(root.at("pre_tokenizer")),
        bpe(root.at("model"), std::move(vocabulary), merges),
        post_processor(root.at("post_processor")),
        decoder(root.at("decoder")),
        clean_up(special.clean_up) {
    if (!root.at("added_tokens").is_null()) {
      for (const auto& node : root.items("added_tokens")) add(added_token(node));
    }
    add_special(special);
    added.index();
    index_tokens();
    bos = id_of(special.text_of("bos_token"));
    eos = id_of(special.text_of("eos_token"));
    pad = id_of(special.text_of("pad_token"));
  }

  void add(const AddedToken& token) {
    added.add(token, bpe.id_of(token.content), static_cast<std::int32_t>(bpe.vocabulary().size()), normalizer);
  }

  /// Tokens that tokenizer.json does not have, or has with other properties.
  void add_special(const SpecialTokens& special) {
    for (const auto& entry : special.tokens) {
      const auto id = added.id_of(entry.token.content);
      const auto* const known = id < 0 ? nullptr : added.find(id);
      if (!known || (entry.given && !(*known == entry.token))) add(entry.token);
    }
  }

  void index_tokens() {
    const auto place = [&](std::int32_t id, const std::string& text) {
      if (static_cast<std::size_t>(id) >= tokens.size()) tokens.resize(static_cast<std::size_t>(id) + 1);
      tokens[static_cast<std::size_t>(id)] = {text, true, added.is_special(text)};
    };
    for (const auto& [text, id] : bpe.vocabulary()) place(id, text);
    for (const auto& [id, text] : added.texts()) place(id, text);
    size = bpe.vocabulary().size();
    for (const auto& [content, id] : added.ids()) size += bpe.id_of(content) < 0;
  }

  std::int32_t id_of(std::string_view token) const {
    if (token.empty()) return -1;
    const auto id = added.id_of(token);
    return id >= 0 ? id : bpe.id_of(token);
  }

  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  PostProcessor post_processor;
  Decoder decoder;
  AddedTokens added;
  bool clean_up = false;
  std::vector<Token> tokens;  // by id
  std::size_t size = 0;
  std::int32_t bos = -1;
  std::int32_t eos = -1;
  std::int32_t pad = -1;
  mutable CachePool caches;
};

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::load(const std::filesystem::path& folder) {
  const auto path = folder / "tokenizer.json";
  auto file = read_tokenizer_file(path);
  return Tokenizer(std::make_unique<State>(Node(file.rest, path.string() + ":"), std::move(file.vocabulary),
                                           file.merges, read_special_tokens(folder)));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool add_special_tokens) const {
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = valid_utf8(text);
  auto list = state_->added.extract(text, state_->normalizer);
  state_->pre_tokenizer.apply(list);
  std::vector<std::int32_t> ids;
  auto cache = state_->caches.borrow();
  for (const auto& piece : list.pieces) {
    if (piece.token >= 0) {
      ids.push_back(piece.token);
    } else if (piece.begin < piece.end) {
      state_->bpe.encode(list.view(piece), *cache, ids);
    }
  }
  state_->caches.give_back(std::move(cache));
  return state_->post_processor.apply(std::move(ids), add_special_tokens);
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const auto id : ids) {
    if (id < 0 || static_cast<std::size_t>(id) >= state_->tokens.size()) continue;
    const auto& token = state_->tokens[static_cast<std::size_t>(id)];
    if (token.known && !(skip_special_tokens && token.special)) tokens.push_back(token.text);
  }
  auto text = state_->decoder.decode(std::move(tokens));
  return state_->clean_up ? cleaned_up(std::move(text)) : text;
}

std::int32_t Tokenizer::token_to_id(std::string_view token) const { return state_->id_of(token); }
std::size_t Tokenizer::vocab_size() const { return state_->size; }
std::int32_t Tokenizer::bos_id() const { return state_->bos; }
std::int32_t Tokenizer::eos_id() const { return state_->eos; }
std::int32_t Tokenizer::pad_id() const { return state_->pad; }

}  // namespace lmms_eval::local
