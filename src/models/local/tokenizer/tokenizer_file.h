#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/local/tokenizer/bpe.h"

namespace lmms_eval::local::tokenization {

/// tokenizer.json, read in one pass: the vocabulary and the merges, which are nearly all of it, come apart from the
/// rest.
struct TokenizerFile {
  nlohmann::json rest;  ///< all else; model.vocab and model.merges are null
  Vocabulary vocabulary;
  Merges merges;
};

/// Throws Error{model} for a missing file, malformed JSON, a model that is not BPE, an id that is no small non-negative
/// integer, a merge that is not two texts.
TokenizerFile read_tokenizer_file(const std::filesystem::path& path);

}  // namespace lmms_eval::local::tokenization
