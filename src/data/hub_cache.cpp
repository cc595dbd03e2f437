#include "data/hub_cache.h"

#include <algorithm>
#include <cstdlib>

#include "base/atomic_file.h"
#include "base/text.h"

namespace lmms_eval::data {
namespace {

namespace fs = std::filesystem;

/// An environment variable as a path, `~` and `~/` being the home folder; empty where it is not set.
fs::path path_from(const char* variable) {
  const char* value = std::getenv(variable);
  if (!value || !*value) return {};
  const char* home = std::getenv("HOME");
  if (home && value[0] == '~' && (value[1] == '/' || value[1] == '\0')) return std::string(home) + (value + 1);
  return value;
}

fs::path repo_folder(RepoKind kind, const std::string& id) {
  return hub_cache_folder() / ((kind == RepoKind::dataset ? "datasets--" : "models--") + replace_all(id, "/", "--"));
}

}  // namespace

fs::path hub_cache_folder() {
  for (const char* variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"})
    if (auto path = path_from(variable); !path.empty()) return path;
  if (auto home = path_from("HF_HOME"); !home.empty()) return home / "hub";
  if (auto cache = path_from("XDG_CACHE_HOME"); !cache.empty()) return cache / "huggingface" / "hub";
  return path_from("HOME") / ".cache" / "huggingface" / "hub";
}

std::optional<CachedRepo> find_in_hub_cache(RepoKind kind, const std::string& id, const std::string& revision) {
  CachedRepo repo{repo_folder(kind, id), {}};
  std::error_code ignored;
  std::string commit = revision;
  if (const auto ref = repo.folder / "refs" / revision; fs::is_regular_file(ref, ignored))
    commit = std::string(trim(read_file(ref)));
  repo.snapshot = repo.folder / "snapshots" / commit;
  if (commit.empty() || !fs::is_directory(repo.snapshot, ignored)) return std::nullopt;
  return repo;
}

std::vector<std::string> cached_revisions(RepoKind kind, const std::string& id) {
  std::vector<std::string> names;
  std::error_code ignored;
  const auto refs = repo_folder(kind, id) / "refs";
  for (fs::recursive_directory_iterator entry(refs, ignored), end; entry != end; entry.increment(ignored))
    if (entry->is_regular_file(ignored)) names.push_back(fs::relative(entry->path(), refs).generic_string());
  for (fs::directory_iterator entry(repo_folder(kind, id) / "snapshots", ignored), end; entry != end;
       entry.increment(ignored))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lmms_eval::data
