#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/file.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/utf8.h"
#include "data/arrow_values.h"
#include "data/dataset.h"

namespace lmms_eval::data {
namespace {

void refuse_bytes_outside_utf8(const std::filesystem::path& file) {
  if (const auto problem = utf8_problem(file.string(), read_file(file)); !problem.empty())
    throw errors::data("{}", problem);
}

template <typename Value>
Value take(arrow::Result<Value> result, const std::filesystem::path& file) {
  if (!result.ok()) {
    refuse_bytes_outside_utf8(file);  // what Arrow says of them is misleading
    throw errors::data("{}: not a readable CSV file: {}", file.string(), result.status().message());
  }
  return std::move(result).ValueUnsafe();
}

/// CSV files with a header, held as Arrow tables (they are text, and small beside media).
class CsvSplit final : public Split {
 public:
  CsvSplit(const std::vector<std::filesystem::path>& files, char delimiter) : delimiter_(delimiter), files_(files) {
    for (const auto& file : files_) read(file);
    for (const auto& name : columns_) types_[name] = {};
  }

  std::int64_t num_rows() const override { return rows_; }
  const std::vector<std::string>& columns() const override { return columns_; }
  std::filesystem::path folder() const override { return files_.front().parent_path(); }

  Doc row(std::int64_t id) const override {
    std::int64_t row = id;
    for (std::size_t i = 0; i < tables_.size() && row >= 0; ++i) {
      if (row < tables_[i]->num_rows())
        return doc_from_row(*tables_[i], row, id, types_, files_[i].parent_path(),
                            files_[i].string() + " row " + std::to_string(row));
      row -= tables_[i]->num_rows();
    }
    throw errors::data("row {} of a split with {} rows", id, rows_);
  }

 private:
  void read(const std::filesystem::path& file) {
    auto table = parse(file, {});
    // Dates and times are text to pandas, whose reading of CSV is what lmms-eval sees.
    std::vector<std::string> texts;
    for (const auto& field : table->schema()->fields())
      if (arrow::is_temporal(field->type()->id())) texts.push_back(field->name());
    if (!texts.empty()) table = parse(file, texts);
    refuse_other_encodings(*table->schema(), file);
    const auto names = table->schema()->field_names();
    if (tables_.empty())
      columns_ = names;
    else if (columns_ != names)
      throw errors::data("{}: its columns differ from those of {}", file.string(), files_.front().string());
    rows_ += table->num_rows();
    tables_.push_back(std::move(table));
  }

  /// Arrow takes a column of texts that are not UTF-8 for bytes, which would be left out of the docs without a word.
  static void refuse_other_encodings(const arrow::Schema& schema, const std::filesystem::path& file) {
    const auto& fields = schema.fields();
    const bool has_bytes = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
      return arrow::is_base_binary_like(field->type()->id()) && !arrow::is_string(field->type()->id());
    });
    const auto names = schema.field_names();
    if (has_bytes || !std::all_of(names.begin(), names.end(), is_valid_utf8)) refuse_bytes_outside_utf8(file);
  }

  std::shared_ptr<arrow::Table> parse(const std::filesystem::path& file, const std::vector<std::string>& texts) const {
    auto read_options = arrow::csv::ReadOptions::Defaults();
    read_options.use_threads = false;
    auto parse_options = arrow::csv::ParseOptions::Defaults();
    parse_options.newlines_in_values = true;
    parse_options.delimiter = delimiter_;
    auto convert_options = arrow::csv::ConvertOptions::Defaults();
    convert_options.strings_can_be_null = true;
    for (const auto& name : texts) convert_options.column_types[name] = arrow::utf8();
    const auto input = take(arrow::io::ReadableFile::Open(file.string()), file);
    const auto reader = take(arrow::csv::TableReader::Make(arrow::io::default_io_context(), input, read_options,
                                                           parse_options, convert_options),
                             file);
    return take(reader->Read(), file);
  }

  char delimiter_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::shared_ptr<arrow::Table>> tables_;
  std::int64_t rows_ = 0;
  std::vector<std::string> columns_;
  std::map<std::string, ColumnType> types_;
};

}  // namespace

std::unique_ptr<Split> open_csv(const std::vector<std::filesystem::path>& files, char delimiter) {
  return std::make_unique<CsvSplit>(files, delimiter);
}

}  // namespace lmms_eval::data
