#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lmms_eval::testing {

inline void require(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

/// An array from values that the builder takes.
template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> array_of(Builder&& builder, const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) require(value ? builder.Append(*value) : builder.AppendNull());
  return builder.Finish().ValueOrDie();
}

inline std::shared_ptr<arrow::Array> integers(const std::vector<std::optional<std::int64_t>>& values) {
  return array_of(arrow::Int64Builder(), values);
}
inline std::shared_ptr<arrow::Array> texts(const std::vector<std::optional<std::string>>& values) {
  return array_of(arrow::StringBuilder(), values);
}
inline std::shared_ptr<arrow::Array> bytes(const std::vector<std::optional<std::string>>& values) {
  return array_of(arrow::BinaryBuilder(), values);
}

/// {bytes, path}: how the datasets library stores pictures.
inline std::shared_ptr<arrow::Array> pictures(const std::vector<std::optional<std::string>>& content,
                                              const std::vector<std::optional<std::string>>& paths) {
  return arrow::StructArray::Make({bytes(content), texts(paths)}, std::vector<std::string>{"bytes", "path"})
      .ValueOrDie();
}

struct NamedArray {
  std::string name;
  std::shared_ptr<arrow::Array> array;
};

/// Writes the columns with `group` rows in a row group; `features` is the datasets library's description of them, if
/// any.
inline void write_parquet(const std::filesystem::path& file, const std::vector<NamedArray>& columns,
                          std::int64_t group = 1000, const std::string& features = {}) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  std::shared_ptr<arrow::KeyValueMetadata> metadata;
  if (!features.empty())
    metadata = arrow::key_value_metadata({"huggingface"}, {R"({"info": {"features": )" + features + "}}"});
  const auto table = arrow::Table::Make(arrow::schema(fields, metadata), arrays);
  const auto out = arrow::io::FileOutputStream::Open(file.string()).ValueOrDie();
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  require(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, group,
                                     parquet::default_writer_properties(), properties));
  require(out->Close());
}

}  // namespace lmms_eval::testing
