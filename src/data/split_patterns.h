#pragma once

#include <map>
#include <string>
#include <vector>

namespace lmms_eval::data {

/// Split name -> patterns of its files.
using SplitPatterns = std::map<std::string, std::vector<std::string>>;

/// What the names of a data set's files and folders say of its splits, by the rules of the datasets library: shards
/// data/<split>-00000-of-00001.*, else a folder or else a file that has a word for a split in its name, else all are
/// "train". `files` are relative. Empty where there is no file at all. Throws Error{data} for a split name that is no
/// word.
SplitPatterns patterns_by_name(const std::vector<std::string>& files);

/// The shards <name>-00001-of-00003 that a set of files lacks, by name; empty when it is whole.
std::vector<std::string> missing_shards(const std::vector<std::string>& files);

}  // namespace lmms_eval::data
