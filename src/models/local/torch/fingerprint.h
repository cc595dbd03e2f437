#pragma once

#include <filesystem>
#include <string>

namespace lmms_eval::local {

/// What tells one checkpoint from another: a sha256 over its configuration, tokenizer and weights.
///
/// Up to 64 MB of weights are hashed whole; of larger checkpoints the name, type and shape of every tensor, tensors up
/// to 256 kB whole, and 16 evenly spaced blocks of 16 kB of each larger one. Training or converting a tensor changes
/// all of it, so that is seen; an edit of a few rows of a large tensor may not be. Throws Error{model} or Error{data}
/// if a file cannot be read.
std::string checkpoint_fingerprint(const std::filesystem::path& folder);

}  // namespace lmms_eval::local
