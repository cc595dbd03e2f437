#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lmms_eval/task.h"

namespace lmms_eval::data {

/// What a column holds.
struct ColumnType {
  bool is_media = false;
  bool is_list = false;           ///< of media: several a row
  std::optional<MediaKind> kind;  ///< of media; absent: told by content, for files that do not say
};

/// Types by the `features` that the datasets library writes into the schema's metadata (key "huggingface"); without it
/// a struct of `bytes` and `path`, or a list of them, counts as media.
std::map<std::string, ColumnType> column_types(const arrow::Schema& schema);

/// Row `row` of a table. Media columns become references: bytes are copied, a path without bytes is relative to
/// `folder`. Bytes elsewhere have no JSON form and are left out. `where` is named in errors.
Doc doc_from_row(const arrow::Table& table, std::int64_t row, std::int64_t id,
                 const std::map<std::string, ColumnType>& types, const std::filesystem::path& folder,
                 const std::string& where);

/// A value as JSON: numbers, text, lists, structs, null; maps as lists of pairs; times as Python prints them. Throws
/// Error{data} for types without a JSON form.
nlohmann::ordered_json json_from_array(const arrow::Array& array, std::int64_t index, const std::string& where);

}  // namespace lmms_eval::data
