#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lmms_eval/task.h"

namespace lmms_eval {

/// One name: where it is defined and, for a tag, what it stands for.
struct IndexEntry {
  std::string kind;                    ///< "task", "group" or "tag"
  std::filesystem::path yaml;
  std::vector<std::string> members;    ///< of a tag, in the order found
  std::string broken;                  ///< the file does not parse: the message that says so
};

/// What the YAML files under some folders define. Folders are read in the order given; later ones win, with a message. Only top-level
/// keys are read here.
class TaskIndex {
 public:
  void add_folder(const std::filesystem::path& folder, bool bundled);
  const std::map<std::string, IndexEntry>& entries() const { return entries_; }
  std::size_t broken_files() const { return broken_files_; }
  std::vector<std::string> names() const;

 private:
  void add_file(const std::filesystem::path& file, bool bundled);
  void add_name(const std::string& name, IndexEntry entry, bool bundled);

  std::map<std::string, IndexEntry> entries_;
  std::size_t broken_files_ = 0;
};

}  // namespace lmms_eval
