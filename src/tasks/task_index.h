#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lmms_eval/task.h"
#include "yaml/yaml_scan.h"

namespace lmms_eval {

/// One name: where it is defined and, for a tag, what it stands for.
struct IndexEntry {
  std::string kind;  ///< "task", "group" or "tag"
  std::filesystem::path yaml;
  std::string output_type;           ///< of a task, as its file or an include says it
  std::vector<std::string> members;  ///< of a tag, in the order found
  std::string broken;                ///< the name cannot be used: the message that says why
  int round = 0;                     ///< in which it was found: files that are added together share it
};

/// What the YAML files under some folders define. Folders are read in the order given; later ones win, with a message.
/// A name that two files of one folder define stands for neither: asking for it names both.
///
/// Only the keys that say what a file is are read, includes followed. Files that cannot be read are counted; where a
/// name can be made out in them, it is kept with the reason, so that asking for it says what is wrong.
class TaskIndex {
 public:
  enum class Trust {
    bundled,  ///< tested with the program: top-level keys are scanned, nothing else is looked at
    foreign,  ///< every file is parsed, so that broken ones are found
  };

  /// All files that end in .yaml, also in folders below.
  void add_folder(const std::filesystem::path& folder, Trust trust);
  void add_files(const std::vector<std::filesystem::path>& files, Trust trust);
  const std::map<std::string, IndexEntry>& entries() const { return entries_; }
  std::size_t broken_files() const { return broken_files_; }
  /// Names of files that are not broken.
  std::vector<std::string> names() const;

 private:
  void add_file(const std::filesystem::path& file, Trust trust);
  void add_name(const std::string& name, IndexEntry entry, Trust trust);
  void add_tags(const std::filesystem::path& file, const std::string& task, const ScannedKeys& keys);
  void add_broken(const std::filesystem::path& file, const std::string& message, Trust trust);
  const ScannedKeys& keys_of(const std::filesystem::path& file, Trust trust);

  std::map<std::string, IndexEntry> entries_;
  std::map<std::filesystem::path, ScannedKeys> scanned_;
  std::size_t broken_files_ = 0;
  int round_ = 0;
};

}  // namespace lmms_eval
