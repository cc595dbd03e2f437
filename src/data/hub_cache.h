#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/export.h"

namespace lmms_eval::data {

enum class RepoKind { dataset, model };

/// A repository of the Hugging Face Hub as its Python library keeps it.
struct CachedRepo {
  std::filesystem::path folder;    ///< …/datasets--org--name
  std::filesystem::path snapshot;  ///< …/snapshots/<commit>: the files, links into blobs/
};

/// The cache folder: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, or hub/ in HF_HOME, in $XDG_CACHE_HOME/huggingface, in
/// ~/.cache/huggingface.
LMMS_EVAL_API std::filesystem::path hub_cache_folder();

/// The snapshot of a revision (branch, tag or commit) that the cache holds, by refs/; empty where it holds none.
LMMS_EVAL_API std::optional<CachedRepo> find_in_hub_cache(RepoKind kind, const std::string& id,
                                                          const std::string& revision);

/// The revisions of a repository that the cache has snapshots of, for messages.
LMMS_EVAL_API std::vector<std::string> cached_revisions(RepoKind kind, const std::string& id);

}  // namespace lmms_eval::data
