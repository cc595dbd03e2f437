#include "data/arrow_values.h"

#include <arrow/api.h>
#include <arrow/util/float16.h>

#include "base/errors.h"
#include "base/utf8.h"
#include "data/media_kind.h"

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
  if (type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
      type.id() == arrow::Type::FIXED_SIZE_LIST)
    return type.field(0)->type().get();
  return nullptr;
}

/// The media type that a feature of the datasets library describes; lists of one feature have three spellings.
std::optional<ColumnType> type_of_feature(const Json& feature) {
  const Json* item = nullptr;
  if (feature.is_array() && feature.size() == 1) item = &feature[0];
  if (feature.is_object() && feature.contains("feature")) item = &feature["feature"];
  if (item) {
    auto type = type_of_feature(*item);
    if (!type || type->is_list) return std::nullopt;
    type->is_list = true;
    return type;
  }
  if (!feature.is_object() || !feature.contains("_type") || !feature["_type"].is_string()) return std::nullopt;
  const std::string name = feature["_type"].get<std::string>();
  if (name == "Image") return ColumnType{true, false, MediaKind::image};
  if (name == "Audio") return ColumnType{true, false, MediaKind::audio};
  if (name == "Video") return ColumnType{true, false, MediaKind::video};
  return std::nullopt;
}

bool holds_bytes(const arrow::DataType& type) {
  if (const auto* item = list_value_type(type)) return holds_bytes(*item);
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY ||
         type.id() == arrow::Type::FIXED_SIZE_BINARY;
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
  if (array.type_id() == arrow::Type::BINARY)
    return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(index));
  if (array.type_id() == arrow::Type::LARGE_BINARY)
    return std::string(static_cast<const arrow::LargeBinaryArray&>(array).GetView(index));
  if (array.type_id() == arrow::Type::STRING)
    return std::string(static_cast<const arrow::StringArray&>(array).GetView(index));
  return std::string(static_cast<const arrow::LargeStringArray&>(array).GetView(index));
}

std::string text_at(const arrow::Array& array, std::int64_t index, const std::string& where) {
  std::string text = binary_at(array, index);
  if (const auto valid = valid_utf8_prefix(text); valid < text.size())
    throw errors::data("{}: byte 0x{:02x} of the text is not UTF-8; write the data set anew with UTF-8 texts", where,
                       static_cast<unsigned char>(text[valid]));
  return text;
}

MediaRef from_path(std::optional<MediaKind> kind, const std::string& path, const std::filesystem::path& folder) {
  return MediaRef::from_file(kind ? *kind : media_kind_of({}, path), (folder / path).string());
}

std::optional<MediaRef> media_at(const arrow::Array& array, std::int64_t index, std::optional<MediaKind> kind,
                                 const std::filesystem::path& folder, const std::string& where) {
  if (array.IsNull(index)) return std::nullopt;
  if (array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::LARGE_STRING)
    return from_path(kind, binary_at(array, index), folder);
  if (array.type_id() == arrow::Type::BINARY || array.type_id() == arrow::Type::LARGE_BINARY) {
    std::string bytes = binary_at(array, index);
    const MediaKind known = kind ? *kind : media_kind_of(bytes, "");
    return MediaRef::from_bytes(known, std::move(bytes), "");
  }
  if (!is_media_struct(*array.type()))
    throw errors::data("{}: its type {} is not that of a medium", where, array.type()->ToString());
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  const auto bytes = fields.GetFieldByName("bytes"), path = fields.GetFieldByName("path");
  const std::string name = path->IsNull(index) ? std::string() : binary_at(*path, index);
  if (bytes->IsNull(index)) return name.empty() ? std::nullopt : std::optional(from_path(kind, name, folder));
  std::string content = binary_at(*bytes, index);
  const MediaKind known = kind ? *kind : media_kind_of(content, name);
  return MediaRef::from_bytes(known, std::move(content), name);
}

std::pair<std::shared_ptr<arrow::Array>, std::pair<std::int64_t, std::int64_t>> list_slice(const arrow::Array& array,
                                                                                           std::int64_t index) {
  const auto slice = [&](const auto& list) {
    return std::make_pair(
        list.values(), std::make_pair<std::int64_t, std::int64_t>(list.value_offset(index), list.value_length(index)));
  };
  if (array.type_id() == arrow::Type::LIST) return slice(static_cast<const arrow::ListArray&>(array));
  if (array.type_id() == arrow::Type::LARGE_LIST) return slice(static_cast<const arrow::LargeListArray&>(array));
  return slice(static_cast<const arrow::FixedSizeListArray&>(array));
}

Json struct_json(const arrow::StructArray& array, std::int64_t index, const std::string& where) {
  Json object = Json::object();
  for (int i = 0; i < array.num_fields(); ++i) {
    if (holds_bytes(*array.struct_type()->field(i)->type())) continue;
    const std::string& name = array.struct_type()->field(i)->name();
    object[name] = json_from_array(*array.field(i), index, where + "." + name);
  }
  return object;
}

/// [key, value] pairs, as Arrow gives maps to Python.
Json map_json(const arrow::MapArray& array, std::int64_t index, const std::string& where) {
  Json pairs = Json::array();
  for (std::int64_t i = array.value_offset(index); i < array.value_offset(index + 1); ++i)
    pairs.push_back(Json::array({json_from_array(*array.keys(), i, where), json_from_array(*array.items(), i, where)}));
  return pairs;
}

/// What Python's str() prints: no fraction when it is zero.
std::string time_text(std::string text) {
  const auto point = text.find('.');
  if (point == text.npos) return text;
  const auto end = text.find_first_not_of('0', point + 1);
  if (end == text.npos) return text.substr(0, point);
  return text[end] >= '1' && text[end] <= '9' ? text : text.substr(0, point) + text.substr(end);
}

}  // namespace

std::map<std::string, ColumnType> column_types(const arrow::Schema& schema) {
  std::map<std::string, ColumnType> types;
  Json features;
  if (schema.metadata()) {
    if (const auto text = schema.metadata()->Get("huggingface"); text.ok()) {
      const Json info = Json::parse(*text, nullptr, false);
      if (info.is_object() && info.contains("info") && info["info"].is_object())
        features = info["info"].value("features", Json());
    }
  }
  for (const auto& field : schema.fields()) {
    ColumnType& type = types[field->name()];
    if (features.is_object()) {
      if (features.contains(field->name())) type = type_of_feature(features[field->name()]).value_or(ColumnType{});
    } else if (is_media_struct(*field->type())) {
      type = {true, false, std::nullopt};
    } else if (const auto* item = list_value_type(*field->type()); item && is_media_struct(*item)) {
      type = {true, true, std::nullopt};
    }
  }
  return types;
}

Json json_from_array(const arrow::Array& array, std::int64_t index, const std::string& where) {
  if (array.IsNull(index)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::NA:
      return nullptr;
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(index);
    case arrow::Type::INT8:
      return static_cast<const arrow::Int8Array&>(array).Value(index);
    case arrow::Type::INT16:
      return static_cast<const arrow::Int16Array&>(array).Value(index);
    case arrow::Type::INT32:
      return static_cast<const arrow::Int32Array&>(array).Value(index);
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Array&>(array).Value(index);
    case arrow::Type::UINT8:
      return static_cast<const arrow::UInt8Array&>(array).Value(index);
    case arrow::Type::UINT16:
      return static_cast<const arrow::UInt16Array&>(array).Value(index);
    case arrow::Type::UINT32:
      return static_cast<const arrow::UInt32Array&>(array).Value(index);
    case arrow::Type::UINT64:
      return static_cast<const arrow::UInt64Array&>(array).Value(index);
    case arrow::Type::HALF_FLOAT:
      return arrow::util::Float16::FromBits(static_cast<const arrow::HalfFloatArray&>(array).Value(index)).ToDouble();
    case arrow::Type::FLOAT:
      return static_cast<double>(static_cast<const arrow::FloatArray&>(array).Value(index));
    case arrow::Type::DOUBLE:
      return static_cast<const arrow::DoubleArray&>(array).Value(index);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return text_at(array, index, where);
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto [values, range] = list_slice(array, index);
      Json list = Json::array();
      for (std::int64_t i = 0; i < range.second; ++i) list.push_back(json_from_array(*values, range.first + i, where));
      return list;
    }
    case arrow::Type::MAP:
      return map_json(static_cast<const arrow::MapArray&>(array), index, where);
    case arrow::Type::EXTENSION:
      return json_from_array(*static_cast<const arrow::ExtensionArray&>(array).storage(), index, where);
    case arrow::Type::STRUCT:
      return struct_json(static_cast<const arrow::StructArray&>(array), index, where);
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return json_from_array(*dictionary.dictionary(), dictionary.GetValueIndex(index), where);
    }
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::DURATION: {
      const auto scalar = array.GetScalar(index);
      if (scalar.ok()) return time_text((*scalar)->ToString());
      break;
    }
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: {
      const auto scalar = array.GetScalar(index);
      if (scalar.ok()) return (*scalar)->ToString();
      break;
    }
    default:
      break;
  }
  throw errors::data("{}: values of type {} cannot be read in this version", where, array.type()->ToString());
}

Doc doc_from_row(const arrow::Table& table, std::int64_t row, std::int64_t id,
                 const std::map<std::string, ColumnType>& types, const std::filesystem::path& folder,
                 const std::string& where) {
  Json fields = Json::object();
  std::map<std::string, std::vector<MediaRef>> media;
  for (int i = 0; i < table.num_columns(); ++i) {
    const std::string& name = table.field(i)->name();
    const std::string place = where + ", column '" + name + "'";
    const ColumnType& type = types.at(name);
    const auto [array, index] = chunk_of(*table.column(i), row);
    if (!type.is_media) {
      if (!holds_bytes(*array->type())) fields[name] = json_from_array(*array, index, place);
      continue;
    }
    auto& list = media[name];
    if (!type.is_list) {
      if (auto medium = media_at(*array, index, type.kind, folder, place)) list.push_back(std::move(*medium));
    } else if (!array->IsNull(index)) {
      if (!list_value_type(*array->type()))
        throw errors::data("{}: its type {} is not a list of media", place, array->type()->ToString());
      const auto [values, range] = list_slice(*array, index);
      for (std::int64_t k = 0; k < range.second; ++k)
        if (auto medium = media_at(*values, range.first + k, type.kind, folder, place))
          list.push_back(std::move(*medium));
    }
  }
  return Doc(id, std::move(fields), std::move(media));
}

}  // namespace lmms_eval::data
