#pragma once

#include <filesystem>
#include <string>

namespace lmms_eval::local {

/// What tells one checkpoint from another: a sha256 over its configuration, tokenizer and weights.
///
/// Small weight files are hashed whole; of one over 64 MB its size, its header and 256 evenly spaced blocks of 64 kB,
/// which another training run or conversion cannot keep. Throws Error{data} if a file cannot be read.
std::string checkpoint_fingerprint(const std::filesystem::path& folder);

}  // namespace lmms_eval::local
