// Source: transformers 5, generation/utils.py (_get_logits_processor, _get_stopping_criteria).
#include "models/local/torch/generation_settings.h"

#include <span>

#include "base/errors.h"

namespace lmms_eval::local {
namespace {

/// A key and the number at which it does nothing; null, false, empty lists and empty objects never do anything.
struct Setting {
  const char* key;
  double neutral = 0;
};

constexpr Setting kForAll[] = {
    {"no_repeat_ngram_size"},
    {"encoder_no_repeat_ngram_size"},
    {"encoder_repetition_penalty", 1},
    {"bad_words_ids"},
    {"sequence_bias"},
    {"min_length"},
    {"min_new_tokens"},
    {"forced_eos_token_id", -1},
    {"exponential_decay_length_penalty"},
    {"suppress_tokens"},
    {"begin_suppress_tokens"},
    {"guidance_scale", 1},
    {"remove_invalid_values"},
    {"watermarking_config"},
    {"stop_strings"},
    {"max_time", -1},
    {"token_healing"},
    {"penalty_alpha"},
    {"dola_layers"},
    {"constraints"},
    {"force_words_ids"},
};

constexpr Setting kForSampling[] = {
    {"min_p"}, {"top_h", 1}, {"typical_p", 1}, {"epsilon_cutoff"}, {"eta_cutoff"},
};

bool has_effect(const nlohmann::json& value, double neutral) {
  if (value.is_number()) return value.get<double>() != neutral;
  if (value.is_boolean()) return value.get<bool>();
  return !value.empty();
}

void refuse(const Config& generation, std::span<const Setting> settings) {
  for (const auto& [key, neutral] : settings) {
    if (!generation.has(key)) continue;
    const auto& value = generation.json().at(key);
    if (has_effect(value, neutral))
      throw errors::model("{}={} changes answers and is not supported; take it out of the file to go on without it",
                          generation.name_of(key), value.dump());
  }
}

}  // namespace

void refuse_generation_settings(const Config& generation) { refuse(generation, kForAll); }
void refuse_sampling_settings(const Config& generation) { refuse(generation, kForSampling); }

}  // namespace lmms_eval::local
