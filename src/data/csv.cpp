#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/file.h>

#include "base/errors.h"
#include "data/arrow_values.h"
#include "data/dataset.h"

namespace lmms_eval::data {
namespace {

/// CSV files with a header, held as Arrow tables (they are text, and small beside media).
class CsvSplit final : public Split {
 public:
  explicit CsvSplit(const std::vector<std::filesystem::path>& files) {
    for (const auto& file : files) read(file);
    columns_ = tables_.front()->schema()->field_names();
    for (const auto& name : columns_) types_[name] = {};
  }

  std::int64_t num_rows() const override { return rows_; }
  const std::vector<std::string>& columns() const override { return columns_; }

  Doc row(std::int64_t id) const override {
    std::int64_t row = id;
    for (std::size_t i = 0; i < tables_.size() && row >= 0; ++i) {
      if (row < tables_[i]->num_rows())
        return doc_from_row(*tables_[i], row, id, types_, files_[i].parent_path(), files_[i].string() + " row " + std::to_string(row));
      row -= tables_[i]->num_rows();
    }
    throw errors::data("row {} of a split with {} rows", id, rows_);
  }

 private:
  void read(const std::filesystem::path& file) {
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.newlines_in_values = true;
    auto input = arrow::io::ReadableFile::Open(file.string());
    if (!input.ok()) throw errors::data("{}: {}", file.string(), input.status().message());
    auto reader = arrow::csv::TableReader::Make(arrow::io::default_io_context(), *input, arrow::csv::ReadOptions::Defaults(), parse,
                                                arrow::csv::ConvertOptions::Defaults());
    if (!reader.ok()) throw errors::data("{}: {}", file.string(), reader.status().message());
    auto table = (*reader)->Read();
    if (!table.ok()) throw errors::data("{}: {}", file.string(), table.status().message());
    rows_ += (*table)->num_rows();
    tables_.push_back(*table);
    files_.push_back(file);
  }

  std::vector<std::filesystem::path> files_;
  std::vector<std::shared_ptr<arrow::Table>> tables_;
  std::int64_t rows_ = 0;
  std::vector<std::string> columns_;
  std::map<std::string, ColumnType> types_;
};

}  // namespace

std::unique_ptr<Split> open_csv(const std::vector<std::filesystem::path>& files) { return std::make_unique<CsvSplit>(files); }

}  // namespace lmms_eval::data
