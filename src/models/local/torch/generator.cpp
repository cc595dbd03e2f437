#include "models/local/torch/generator.h"

#include <set>

#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// Room for new tokens in a fresh cache; it grows by halves after that.
constexpr std::int64_t kFirstNewTokens = 64;
/// Stands for the next token of a row whose logits are not finite.
constexpr std::int64_t kNoToken = -1;

at::Tensor to_tensor(const std::vector<std::int64_t>& values, at::Device device) {
  return at::tensor(values, at::TensorOptions().dtype(at::kLong)).to(device);
}

std::size_t total(std::span<const std::size_t> lengths) {
  std::size_t sum = 0;
  for (const auto length : lengths) sum += length;
  return sum;
}

}  // namespace

Generator::Generator(const Family& family, std::vector<std::int64_t> end_ids)
    : family_(family), decoder_(family.decoder()), end_ids_(std::move(end_ids)) {}

bool Generator::is_end(std::int32_t id) const {
  return std::find(end_ids_.begin(), end_ids_.end(), id) != end_ids_.end();
}

void Generator::encode_pictures(std::span<const Prompt* const> prompts) const {
  std::vector<StoredImage*> wanted;
  std::vector<const ProcessedImage*> images;
  std::set<StoredImage*> known;
  for (const auto* prompt : prompts) {
    for (const auto& picture : prompt->pictures) {
      if (picture.image->features.defined() || !known.insert(picture.image.get()).second) continue;
      wanted.push_back(picture.image.get());
      images.push_back(&picture.image->processed);
    }
  }
  if (wanted.empty()) return;
  const auto features = family_.embed_images(images);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i]->features = features[i];
    wanted[i]->processed.pixels = {};
  }
}

/// The first `lengths[i]` tokens of each prompt, one after another: [tokens, hidden], pictures in their places.
at::Tensor Generator::embed(std::span<const Prompt* const> prompts, std::span<const std::size_t> lengths) const {
  auto ids = at::empty({static_cast<std::int64_t>(total(lengths))}, at::TensorOptions().dtype(at::kLong));
  auto* out = ids.data_ptr<std::int64_t>();
  const auto vocab = decoder_.shape().vocab;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    for (std::size_t j = 0; j < lengths[i]; ++j) {
      const std::int64_t id = prompts[i]->ids[j];
      if (id >= vocab && id != family_.image_token_id())
        throw errors::model("the tokenizer's token {} is beyond the model's vocabulary of {}", id, vocab);
      *out++ = id < vocab ? id : 0;
    }
  }
  auto x = decoder_.embed(ids.to(decoder_.options().device()));
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    for (const auto& picture : prompts[i]->pictures)
      x.narrow(0, offset + picture.offset, picture.image->tokens).copy_(picture.image->features);
    offset += static_cast<std::int64_t>(lengths[i]);
  }
  return x;
}

/// Row i of the cache takes the first lengths[i] tokens of prompt i, beginning at columns[i]. Returns the states of all
/// tokens, [tokens, hidden].
at::Tensor Generator::prefill(std::span<const Prompt* const> prompts, std::span<const std::size_t> lengths,
                              KvCache& cache, std::span<const std::int64_t> columns) const {
  encode_pictures(prompts);
  std::vector<Segment> segments;
  std::vector<at::Tensor> positions;
  const auto options = decoder_.options().dtype(at::kLong);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto length = static_cast<std::int64_t>(lengths[i]);
    segments.push_back({length, static_cast<std::int64_t>(i), columns[i]});
    positions.push_back(at::arange(length, options));
  }
  PrefillPlan plan(cache, std::move(segments));
  return decoder_.forward(embed(prompts, lengths), at::cat(positions), plan);
}

at::Tensor Generator::all_logits(const Prompt& prompt) const {
  const Prompt* prompts[] = {&prompt};
  const std::size_t lengths[] = {prompt.ids.size()};
  const std::int64_t columns[] = {0};
  auto cache = decoder_.make_cache(1, static_cast<std::int64_t>(prompt.ids.size()));
  return decoder_.logits(prefill(prompts, lengths, cache, columns)).to(at::kFloat).cpu();
}

/// A batch that is being generated. Row r of the cache belongs to prompt members[r]; rows leave when they are done.
class Generator::Run {
 public:
  Run(const Generator& generator, std::span<const Prompt* const> prompts, const SamplingOptions& options,
      std::span<const std::uint64_t> seeds)
      : generator_(generator),
        decoder_(generator.decoder_),
        prompts_(prompts),
        options_(options),
        results_(prompts.size()) {
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      lengths_.push_back(prompts[i]->ids.size());
      members_.push_back(i);
      samplers_.emplace_back(options, seeds[i]);
      seen_.push_back(options.repetition_penalty == 1.0 ? std::vector<std::int32_t>() : prompts[i]->ids);
    }
    prompt_end_ = static_cast<std::int64_t>(*std::max_element(lengths_.begin(), lengths_.end()));
    for (const auto length : lengths_) starts_.push_back(prompt_end_ - static_cast<std::int64_t>(length));
  }

  std::vector<Generated> finish() {
    const auto room = prompt_end_ + std::min<std::int64_t>(options_.max_new_tokens, kFirstNewTokens);
    auto cache = decoder_.make_cache(static_cast<std::int64_t>(prompts_.size()), room);
    auto states = last_states(generator_.prefill(prompts_, lengths_, cache, starts_));
    for (int step = 0;; ++step) {
      auto next = choose(states);
      if (!settle(next, step, cache)) return std::move(results_);
      states = advance(next, prompt_end_ + step, cache);
    }
  }

 private:
  at::Device device() const { return decoder_.options().device(); }

  at::Tensor last_states(const at::Tensor& states) const {
    std::vector<std::int64_t> last;
    for (const auto length : lengths_)
      last.push_back((last.empty() ? -1 : last.back()) + static_cast<std::int64_t>(length));
    return states.index_select(0, to_tensor(last, device()));
  }

  std::vector<std::int64_t> choose(const at::Tensor& states) {
    auto logits = decoder_.logits(states);
    // The largest is NaN if any logit is.
    const auto [largest, best] = logits.max(-1);
    const auto finite = at::isfinite(largest).cpu();
    std::vector<std::int64_t> next(members_.size());
    if (options_.plain_greedy()) {
      std::copy_n(best.cpu().data_ptr<std::int64_t>(), next.size(), next.begin());
    } else {
      logits = logits.to(at::kCPU, at::kFloat).contiguous();
    }
    const auto vocab = static_cast<std::size_t>(logits.size(1));
    for (std::size_t row = 0; row < next.size(); ++row) {
      if (!finite.data_ptr<bool>()[row])
        next[row] = kNoToken;
      else if (!options_.plain_greedy())
        next[row] =
            samplers_[members_[row]].pick({logits.data_ptr<float>() + row * vocab, vocab}, seen_[members_[row]]);
    }
    return next;
  }

  /// Takes in the tokens, drops the rows that ended (from `next` and the cache too); false when none is left.
  bool settle(std::vector<std::int64_t>& next, int step, KvCache& cache) {
    std::vector<std::int64_t> open;
    for (std::size_t row = 0; row < next.size(); ++row) {
      const auto i = members_[row];
      if (next[row] == kNoToken) {
        results_[i].error = fmt::format("the model's logits are not finite at new token {}", step + 1);
        continue;
      }
      const auto id = static_cast<std::int32_t>(next[row]);
      if (generator_.is_end(id)) continue;
      results_[i].ids.push_back(id);
      if (options_.repetition_penalty != 1.0) seen_[i].push_back(id);
      if (step + 1 < options_.max_new_tokens)
        open.push_back(static_cast<std::int64_t>(row));
      else
        results_[i].reason = FinishReason::length;
    }
    if (open.empty()) return false;
    if (open.size() == next.size()) return true;
    cache.keep_rows(to_tensor(open, device()));
    for (std::size_t k = 0; k < open.size(); ++k) {
      const auto row = static_cast<std::size_t>(open[k]);
      members_[k] = members_[row];
      starts_[k] = starts_[row];
      next[k] = next[row];
    }
    members_.resize(open.size());
    starts_.resize(open.size());
    next.resize(open.size());
    return true;
  }

  /// One step of the model: the tokens stand at `column` of the cache. Returns their states.
  at::Tensor advance(const std::vector<std::int64_t>& tokens, std::int64_t column, KvCache& cache) const {
    cache.reserve(column + 1);
    std::vector<std::int64_t> positions;
    for (const auto start : starts_) positions.push_back(column - start);
    at::Tensor mask;
    if (*std::max_element(starts_.begin(), starts_.end()) > 0) {
      const auto columns = at::arange(column + 1, decoder_.options().dtype(at::kLong));
      const auto hidden = columns.unsqueeze(0) < to_tensor(starts_, device()).unsqueeze(1);
      mask = at::zeros(hidden.sizes(), decoder_.options()).masked_fill_(hidden, -INFINITY).unsqueeze(1).unsqueeze(1);
    }
    DecodePlan plan(cache, column, mask);
    return decoder_.forward(decoder_.embed(to_tensor(tokens, device())), to_tensor(positions, device()), plan);
  }

  const Generator& generator_;
  const Decoder& decoder_;
  std::span<const Prompt* const> prompts_;
  const SamplingOptions& options_;
  std::vector<Generated> results_;
  std::vector<std::size_t> lengths_;
  std::vector<std::size_t> members_;
  std::vector<std::int64_t> starts_;             ///< first column of each row
  std::vector<Sampler> samplers_;                ///< one a prompt, as seen_
  std::vector<std::vector<std::int32_t>> seen_;  ///< all tokens so far; empty where no repetition penalty asks for them
  std::int64_t prompt_end_ = 0;
};

std::vector<Generated> Generator::generate(std::span<const Prompt* const> prompts, const SamplingOptions& options,
                                           std::span<const std::uint64_t> seeds) const {
  if (prompts.empty()) return {};
  return Run(*this, prompts, options, seeds).finish();
}

}  // namespace lmms_eval::local
