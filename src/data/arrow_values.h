#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lmms_eval/task.h"

namespace lmms_eval::data {

/// What a column holds beyond plain values.
enum class ColumnKind { plain, image, audio, image_list };

/// Kinds by the `features` that the datasets library writes into the schema's metadata (key "huggingface"); without it a struct of
/// `bytes` and `path` counts as an image, as Hugging Face's viewers take it.
std::map<std::string, ColumnKind> column_kinds(const arrow::Schema& schema);

/// Row `row` of a table. Media paths are relative to `folder`; `where` is named in errors.
Doc doc_from_row(const arrow::Table& table, std::int64_t row, std::int64_t id, const std::map<std::string, ColumnKind>& kinds,
                 const std::filesystem::path& folder, const std::string& where);

/// A value as JSON: numbers, text, lists, structs, null; times as ISO text. Throws Error{data} for types without a JSON form.
nlohmann::ordered_json json_from_array(const arrow::Array& array, std::int64_t index, const std::string& where);

}  // namespace lmms_eval::data
