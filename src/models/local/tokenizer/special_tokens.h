#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "models/local/tokenizer/added_tokens.h"

namespace lmms_eval::local::tokenization {

/// What tokenizer_config.json and special_tokens_map.json say about tokens, by the rules of transformers 5.
struct SpecialTokens {
  /// bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token, and whatever else is called *_token
  /// or stands in an extra_special_tokens object (image_token ...): name and text, in this order.
  std::vector<std::pair<std::string, std::string>> named;
  /// added_tokens_decoder by id, then tokens that only appear as named or extra special tokens. `given` tells tokens
  /// that are written out with their properties from those known by text alone.
  struct Entry {
    AddedToken token;
    bool given = false;
  };
  std::vector<Entry> tokens;
  /// Both clean_up_tokenization_spaces and its confirmation for BPE are set.
  bool clean_up = false;

  /// Empty if there is no token of this name.
  std::string text_of(const std::string& name) const;
};

/// Files that are not there say nothing. Throws Error{model} for malformed ones.
SpecialTokens read_special_tokens(const std::filesystem::path& folder);

/// The properties of a token written out as an object.
AddedToken added_token(const Node& node);

}  // namespace lmms_eval::local::tokenization
