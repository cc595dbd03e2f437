// Log-likelihoods: Generator::score.
#include <set>

#include "models/local/torch/generator.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {
namespace {

/// How many positions' logits are held at once: 64 rows of a 150,000 word vocabulary are 40 MB in f32.
constexpr std::size_t kPositionsPerPass = 64;

/// Prompts whose context and pictures are equal, and the longest beginning that all their inputs share.
struct Group {
  std::vector<std::size_t> members;
  std::size_t shared = 0;
};

/// What is fed: all but the last token, whose probability is only read.
std::size_t input_length(const Prompt& prompt) { return prompt.ids.size() - 1; }

bool same_context(const Prompt& a, const Prompt& b) {
  if (a.context_length != b.context_length || a.pictures.size() != b.pictures.size()) return false;
  for (std::size_t i = 0; i < a.pictures.size(); ++i)
    if (a.pictures[i].image->key != b.pictures[i].image->key) return false;
  return std::equal(a.ids.begin(), a.ids.begin() + static_cast<std::ptrdiff_t>(a.context_length), b.ids.begin());
}

std::size_t shared_length(const Prompt& a, const Prompt& b, std::size_t at_most) {
  const auto end = std::min({at_most, input_length(a), input_length(b)});
  std::size_t length = 0;
  while (length < end && a.ids[length] == b.ids[length]) ++length;
  return length;
}

std::vector<Group> group(std::span<const Prompt* const> prompts) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto found = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return same_context(*prompts[group.members.front()], *prompts[i]);
    });
    if (found == groups.end()) {
      groups.push_back({{i}, input_length(*prompts[i])});
    } else {
      found->shared = shared_length(*prompts[found->members.front()], *prompts[i], found->shared);
      found->members.push_back(i);
    }
  }
  return groups;
}

}  // namespace

/// One call of `score`: computes what the groups share, then what each prompt has of its own, and notes at which state
/// the probability of which token is to be read.
class Generator::Scoring {
 public:
  Scoring(const Generator& generator, std::span<const Prompt* const> prompts)
      : generator_(generator),
        decoder_(generator.decoder_),
        prompts_(prompts),
        groups_(group(prompts)),
        results_(prompts.size()) {}

  std::vector<Likelihood> finish() {
    std::vector<const Prompt*> first;
    std::vector<std::size_t> lengths;
    for (const auto& group : groups_) {
      first.push_back(prompts_[group.members.front()]);
      lengths.push_back(group.shared);
    }
    const auto longest = *std::max_element(lengths.begin(), lengths.end());
    auto cache = decoder_.make_cache(static_cast<std::int64_t>(groups_.size()), static_cast<std::int64_t>(longest));
    const auto states = generator_.prefill(first, lengths, cache, std::vector<std::int64_t>(groups_.size(), 0));
    note_shared();
    read(states);
    continue_each(cache);
    return std::move(results_);
  }

 private:
  struct Reading {
    std::int64_t state;
    std::int64_t token;
    std::size_t prompt;
  };

  /// The token at place `at` of a prompt is predicted by the state before it.
  void note(std::size_t prompt, std::size_t at, std::int64_t state) {
    const auto token = prompts_[prompt]->ids[at];
    if (token >= decoder_.shape().vocab)
      throw errors::model("the tokenizer's token {} is beyond the model's vocabulary of {}", token,
                          decoder_.shape().vocab);
    readings_.push_back({state, token, prompt});
  }

  void note_shared() {
    std::int64_t offset = 0;
    for (const auto& group : groups_) {
      for (const auto i : group.members)
        for (auto at = prompts_[i]->context_length; at <= group.shared; ++at)
          note(i, at, offset + static_cast<std::int64_t>(at) - 1);
      offset += static_cast<std::int64_t>(group.shared);
    }
  }

  void continue_each(const KvCache& cache) {
    std::vector<Segment> segments;
    std::vector<std::int64_t> ids, positions;
    for (std::size_t row = 0; row < groups_.size(); ++row) {
      const auto shared = groups_[row].shared;
      for (const auto i : groups_[row].members) {
        const auto length = input_length(*prompts_[i]) - shared;
        if (length == 0) continue;
        segments.push_back(
            {static_cast<std::int64_t>(length), static_cast<std::int64_t>(row), static_cast<std::int64_t>(shared)});
        for (std::size_t at = shared; at < shared + length; ++at) {
          note(i, at + 1, static_cast<std::int64_t>(ids.size()));
          ids.push_back(prompts_[i]->ids[at]);
          positions.push_back(static_cast<std::int64_t>(at));
        }
      }
    }
    if (segments.empty()) return;
    const auto options = at::TensorOptions().dtype(at::kLong);
    const auto device = decoder_.options().device();
    ContinuePlan plan(cache, std::move(segments));
    read(decoder_.forward(decoder_.embed(at::tensor(ids, options).to(device)),
                          at::tensor(positions, options).to(device), plan));
  }

  void read(const at::Tensor& states) {
    std::stable_sort(readings_.begin(), readings_.end(),
                     [](const Reading& a, const Reading& b) { return a.state < b.state; });
    for (std::size_t begin = 0; begin < readings_.size();) {
      std::vector<std::int64_t> rows, places, tokens;
      std::size_t end = begin;
      for (; end < readings_.size(); ++end) {
        const bool fresh = rows.empty() || rows.back() != readings_[end].state;
        if (fresh && rows.size() == kPositionsPerPass) break;
        if (fresh) rows.push_back(readings_[end].state);
        places.push_back(static_cast<std::int64_t>(rows.size()) - 1);
        tokens.push_back(readings_[end].token);
      }
      add(states, rows, places, tokens, begin);
      begin = end;
    }
    readings_.clear();
  }

  void add(const at::Tensor& states, const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& places,
           const std::vector<std::int64_t>& tokens, std::size_t begin) {
    const auto options = at::TensorOptions().dtype(at::kLong);
    const auto row_index = at::tensor(rows, options).to(states.device());
    const auto place_index = at::tensor(places, options).to(states.device());
    const auto token_index = at::tensor(tokens, options).to(states.device());
    const auto logits = decoder_.logits(states.index_select(0, row_index)).to(at::kFloat);
    const auto best = logits.argmax(-1).index_select(0, place_index).cpu();
    const auto logprobs = at::log_softmax(logits, -1).index({place_index, token_index}).to(at::kCPU, at::kDouble);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      auto& result = results_[readings_[begin + i].prompt];
      result.logprob += logprobs.data_ptr<double>()[i];
      result.is_greedy = result.is_greedy && best.data_ptr<std::int64_t>()[i] == tokens[i];
    }
  }

  const Generator& generator_;
  const Decoder& decoder_;
  std::span<const Prompt* const> prompts_;
  std::vector<Group> groups_;
  std::vector<Likelihood> results_;
  std::vector<Reading> readings_;
};

std::vector<Likelihood> Generator::score(std::span<const Prompt* const> prompts) const {
  if (prompts.empty()) return {};
  return Scoring(*this, prompts).finish();
}

}  // namespace lmms_eval::local
