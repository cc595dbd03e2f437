#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace lmms_eval::local {

/// A chat template as it stands in a checkpoint.
struct ChatTemplateSource {
  std::string name;  ///< "default" where the file does not give one
  std::string text;
  std::string where;  ///< file, and the name if it holds several
};

/// The template of this name, or if `name` is empty "default" or the only one; nothing if the folder has none at all.
/// See ChatTemplate for the places and the errors.
std::optional<ChatTemplateSource> find_chat_template(const std::filesystem::path& folder, const std::string& name);

}  // namespace lmms_eval::local
