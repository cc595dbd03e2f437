#include "data/arrow_values.h"

#include <arrow/api.h>

#include "base/errors.h"

namespace lmms_eval::data {
namespace {

using Json = nlohmann::ordered_json;

bool is_media_struct(const arrow::DataType& type) {
  if (type.id() != arrow::Type::STRUCT) return false;
  const auto& fields = static_cast<const arrow::StructType&>(type);
  const auto bytes = fields.GetFieldByName("bytes");
  return fields.num_fields() == 2 && bytes && fields.GetFieldByName("path") &&
         (bytes->type()->id() == arrow::Type::BINARY || bytes->type()->id() == arrow::Type::LARGE_BINARY);
}

const arrow::DataType* list_value_type(const arrow::DataType& type) {
  if (type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST || type.id() == arrow::Type::FIXED_SIZE_LIST)
    return type.field(0)->type().get();
  return nullptr;
}

std::optional<ColumnKind> kind_of_feature(const Json& feature) {
  if (feature.is_array() && feature.size() == 1) return kind_of_feature(feature[0]) == ColumnKind::image ? std::optional(ColumnKind::image_list) : std::nullopt;
  if (!feature.is_object()) return std::nullopt;
  const std::string type = feature.value("_type", "");
  if (type == "Image") return ColumnKind::image;
  if (type == "Audio") return ColumnKind::audio;
  if ((type == "Sequence" || type == "List" || type == "LargeList") && feature.contains("feature"))
    return kind_of_feature(feature["feature"]) == ColumnKind::image ? std::optional(ColumnKind::image_list) : std::nullopt;
  return std::nullopt;
}

/// The array that holds a row of a chunked column, and the row's place in it.
std::pair<const arrow::Array*, std::int64_t> chunk_of(const arrow::ChunkedArray& column, std::int64_t row) {
  for (const auto& chunk : column.chunks()) {
    if (row < chunk->length()) return {chunk.get(), row};
    row -= chunk->length();
  }
  throw errors::internal("row {} past the end of a column", row);
}

std::string binary_at(const arrow::Array& array, std::int64_t index) {
  if (array.type_id() == arrow::Type::BINARY) return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(index));
  if (array.type_id() == arrow::Type::LARGE_BINARY) return std::string(static_cast<const arrow::LargeBinaryArray&>(array).GetView(index));
  if (array.type_id() == arrow::Type::STRING) return std::string(static_cast<const arrow::StringArray&>(array).GetView(index));
  return std::string(static_cast<const arrow::LargeStringArray&>(array).GetView(index));
}

std::optional<MediaRef> media_at(const arrow::Array& array, std::int64_t index, MediaKind kind, const std::filesystem::path& folder,
                                 const std::string& where) {
  if (array.IsNull(index)) return std::nullopt;
  if (array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::LARGE_STRING)
    return MediaRef::from_file(kind, (folder / binary_at(array, index)).string());
  if (!is_media_struct(*array.type())) throw errors::data("{}: its type {} is not that of a medium", where, array.type()->ToString());
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  const auto bytes = fields.GetFieldByName("bytes"), path = fields.GetFieldByName("path");
  const std::string name = path->IsNull(index) ? std::string() : binary_at(*path, index);
  if (!bytes->IsNull(index)) return MediaRef::from_bytes(kind, binary_at(*bytes, index), name);
  if (name.empty()) throw errors::data("{}: has neither bytes nor a path", where);
  return MediaRef::from_file(kind, (folder / name).string());
}

std::pair<std::shared_ptr<arrow::Array>, std::pair<std::int64_t, std::int64_t>> list_slice(const arrow::Array& array, std::int64_t index) {
  const auto slice = [&](const auto& list) {
    return std::make_pair(list.values(), std::make_pair<std::int64_t, std::int64_t>(list.value_offset(index), list.value_length(index)));
  };
  if (array.type_id() == arrow::Type::LIST) return slice(static_cast<const arrow::ListArray&>(array));
  if (array.type_id() == arrow::Type::LARGE_LIST) return slice(static_cast<const arrow::LargeListArray&>(array));
  return slice(static_cast<const arrow::FixedSizeListArray&>(array));
}

Json struct_json(const arrow::StructArray& array, std::int64_t index, const std::string& where) {
  Json object = Json::object();
  for (int i = 0; i < array.num_fields(); ++i) {
    const std::string& name = array.struct_type()->field(i)->name();
    object[name] = json_from_array(*array.field(i), index, where + "." + name);
  }
  return object;
}

}  // namespace

std::map<std::string, ColumnKind> column_kinds(const arrow::Schema& schema) {
  std::map<std::string, ColumnKind> kinds;
  Json features;
  if (schema.metadata()) {
    if (const auto text = schema.metadata()->Get("huggingface"); text.ok()) {
      const Json info = Json::parse(*text, nullptr, false);
      if (info.is_object() && info.contains("info") && info["info"].is_object()) features = info["info"].value("features", Json());
    }
  }
  for (const auto& field : schema.fields()) {
    std::optional<ColumnKind> kind;
    if (features.is_object()) {
      if (features.contains(field->name())) kind = kind_of_feature(features[field->name()]);
    } else if (is_media_struct(*field->type())) {
      kind = ColumnKind::image;
    } else if (const auto* item = list_value_type(*field->type()); item && is_media_struct(*item)) {
      kind = ColumnKind::image_list;
    }
    kinds[field->name()] = kind.value_or(ColumnKind::plain);
  }
  return kinds;
}

Json json_from_array(const arrow::Array& array, std::int64_t index, const std::string& where) {
  if (array.IsNull(index)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::NA: return nullptr;
    case arrow::Type::BOOL: return static_cast<const arrow::BooleanArray&>(array).Value(index);
    case arrow::Type::INT8: return static_cast<const arrow::Int8Array&>(array).Value(index);
    case arrow::Type::INT16: return static_cast<const arrow::Int16Array&>(array).Value(index);
    case arrow::Type::INT32: return static_cast<const arrow::Int32Array&>(array).Value(index);
    case arrow::Type::INT64: return static_cast<const arrow::Int64Array&>(array).Value(index);
    case arrow::Type::UINT8: return static_cast<const arrow::UInt8Array&>(array).Value(index);
    case arrow::Type::UINT16: return static_cast<const arrow::UInt16Array&>(array).Value(index);
    case arrow::Type::UINT32: return static_cast<const arrow::UInt32Array&>(array).Value(index);
    case arrow::Type::UINT64: return static_cast<const arrow::UInt64Array&>(array).Value(index);
    case arrow::Type::FLOAT: return static_cast<double>(static_cast<const arrow::FloatArray&>(array).Value(index));
    case arrow::Type::DOUBLE: return static_cast<const arrow::DoubleArray&>(array).Value(index);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING: return binary_at(array, index);
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto [values, range] = list_slice(array, index);
      Json list = Json::array();
      for (std::int64_t i = 0; i < range.second; ++i) list.push_back(json_from_array(*values, range.first + i, where));
      return list;
    }
    case arrow::Type::STRUCT: return struct_json(static_cast<const arrow::StructArray&>(array), index, where);
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return json_from_array(*dictionary.dictionary(), dictionary.GetValueIndex(index), where);
    }
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::DURATION:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: {
      const auto scalar = array.GetScalar(index);
      if (scalar.ok()) return (*scalar)->ToString();
      break;
    }
    default: break;
  }
  throw errors::data("{}: values of type {} cannot be read in this version", where, array.type()->ToString());
}

Doc doc_from_row(const arrow::Table& table, std::int64_t row, std::int64_t id, const std::map<std::string, ColumnKind>& kinds,
                 const std::filesystem::path& folder, const std::string& where) {
  Json fields = Json::object();
  std::map<std::string, std::vector<MediaRef>> media;
  for (int i = 0; i < table.num_columns(); ++i) {
    const std::string& name = table.field(i)->name();
    const std::string place = where + ", column '" + name + "'";
    const auto [array, index] = chunk_of(*table.column(i), row);
    switch (kinds.at(name)) {
      case ColumnKind::plain: fields[name] = json_from_array(*array, index, place); break;
      case ColumnKind::image:
      case ColumnKind::audio: {
        auto& list = media[name];
        const auto kind = kinds.at(name) == ColumnKind::image ? MediaKind::image : MediaKind::audio;
        if (auto medium = media_at(*array, index, kind, folder, place)) list.push_back(std::move(*medium));
        break;
      }
      case ColumnKind::image_list: {
        auto& list = media[name];
        if (array->IsNull(index)) break;
        const auto [values, range] = list_slice(*array, index);
        for (std::int64_t k = 0; k < range.second; ++k)
          if (auto medium = media_at(*values, range.first + k, MediaKind::image, folder, place)) list.push_back(std::move(*medium));
        break;
      }
    }
  }
  return Doc(id, std::move(fields), std::move(media));
}

}  // namespace lmms_eval::data
