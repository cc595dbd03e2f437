#pragma once

#include "models/local/torch/config.h"

namespace lmms_eval::local {

/// transformers' generate obeys more keys of generation_config.json than this program does. These throw Error{model}
/// naming the first such key that has a value with an effect: on every answer, or on sampled ones.
void refuse_generation_settings(const Config& generation);
void refuse_sampling_settings(const Config& generation);

}  // namespace lmms_eval::local
