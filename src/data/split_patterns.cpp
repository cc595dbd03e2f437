#include "data/split_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "data/file_pattern.h"

namespace lmms_eval::data {
namespace {

const std::string kFiveDigits = "[0-9][0-9][0-9][0-9][0-9]";
const std::string kNoWord = "[-._ 0-9]";
constexpr std::size_t kLargestShardCount = 100000;

struct SplitWords {
  const char* split;
  std::vector<std::string> words;
};
const std::vector<SplitWords> kSplitWords = {{"train", {"train", "training"}},
                                             {"validation", {"validation", "valid", "dev", "val"}},
                                             {"test", {"test", "testing", "eval", "evaluation"}}};

std::string sharded_pattern(const std::string& split) {
  return "data/" + split + "-" + kFiveDigits + "-of-" + kFiveDigits + "*.*";
}

/// In a folder's name or a file's.
std::vector<std::string> patterns_of_word(const std::string& word, bool of_folders) {
  if (of_folders)
    return {"**/" + word + "/**", "**/" + word + kNoWord + "*/**", "**/*" + kNoWord + word + "/**",
            "**/*" + kNoWord + word + kNoWord + "*/**"};
  return {"**/" + word + kNoWord + "*", "**/*" + kNoWord + word + kNoWord + "*"};
}

SplitPatterns sharded_splits(const std::vector<std::string>& files) {
  SplitPatterns splits;
  static const Regex kShard("^data/(.+)-[0-9]{5}-of-[0-9]{5}");
  static const Regex kSplitName("^\\w+(\\.\\w+)*$");
  for (const auto& file : matching_files(sharded_pattern("*"), files)) {
    const auto match = kShard.search(file);
    const std::string name = match && match->groups[0] ? *match->groups[0] : std::string();
    if (!kSplitName.search(name))
      throw errors::data("{}: '{}' cannot be the name of a split: only letters, digits, _ and . between them", file,
                         name);
    splits[name] = {sharded_pattern(name)};
  }
  return splits;
}

SplitPatterns worded_splits(const std::vector<std::string>& files, bool of_folders) {
  SplitPatterns splits;
  for (const auto& [split, words] : kSplitWords) {
    std::vector<std::string> patterns;
    for (const auto& word : words)
      for (auto& pattern : patterns_of_word(word, of_folders)) patterns.push_back(std::move(pattern));
    const bool any = std::any_of(patterns.begin(), patterns.end(),
                                 [&](const auto& pattern) { return !matching_files(pattern, files).empty(); });
    if (any) splits[split] = std::move(patterns);
  }
  return splits;
}

}  // namespace

SplitPatterns patterns_by_name(const std::vector<std::string>& files) {
  if (auto splits = sharded_splits(files); !splits.empty()) return splits;
  for (const bool of_folders : {true, false})
    if (auto splits = worded_splits(files, of_folders); !splits.empty()) return splits;
  if (matching_files("**", files).empty()) return {};
  return {{"train", {"**"}}};
}

std::vector<std::string> missing_shards(const std::vector<std::string>& files) {
  static const Regex kShard("^(.*)-([0-9]{5})-of-([0-9]{5})([^/]*)$");
  // (what stands before the number, the count, the extension) -> the numbers there are
  std::map<std::tuple<std::string, std::size_t, std::string>, std::set<std::size_t>> found;
  for (const auto& file : files)
    if (const auto match = kShard.search(file)) {
      const std::string& rest = *match->groups[3];  // maybe a hash of the shard before the extension
      const auto dot = rest.find('.');
      found[{*match->groups[0], std::stoul(*match->groups[2]), dot == rest.npos ? "" : rest.substr(dot)}].insert(
          std::stoul(*match->groups[1]));
    }
  std::vector<std::string> missing;
  for (const auto& [shard, numbers] : found) {
    const auto& [name, count, extension] = shard;
    for (std::size_t i = 0; i < std::min(count, kLargestShardCount); ++i)
      if (!numbers.contains(i)) missing.push_back(fmt::format("{}-{:05}-of-{:05}{}", name, i, count, extension));
  }
  return missing;
}

}  // namespace lmms_eval::data
