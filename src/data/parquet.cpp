#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <list>
#include <mutex>

#include "base/errors.h"
#include "data/arrow_values.h"
#include "data/dataset.h"

namespace lmms_eval::data {
namespace {

// Decoded row groups held at a time: the one being read, and one for few-shot examples or a look back.
constexpr std::size_t kMaxHeldGroups = 2;

Error unreadable(const std::filesystem::path& file, const std::string& reason) {
  return errors::data("{}: not a readable Parquet file: {}; fetch or make it again", file.string(), reason.substr(0, reason.find('\n')));
}

/// Several files, one after another; rows are decoded by row group.
class ParquetSplit final : public Split {
 public:
  explicit ParquetSplit(const std::vector<std::filesystem::path>& files) {
    for (const auto& path : files) open(path);
  }

  std::int64_t num_rows() const override { return rows_; }
  const std::vector<std::string>& columns() const override { return columns_; }

  Doc row(std::int64_t id) const override {
    if (id < 0 || id >= rows_) throw errors::data("row {} of a split with {} rows", id, rows_);
    std::lock_guard lock(mutex_);
    const auto next = std::upper_bound(groups_.begin(), groups_.end(), id, [](std::int64_t row, const Group& group) { return row < group.first_row; });
    const Group& group = *std::prev(next);
    const File& file = *files_[group.file];
    const auto table = read(static_cast<std::size_t>(std::prev(next) - groups_.begin()));
    return doc_from_row(*table, id - group.first_row, id, kinds_, file.path.parent_path(), file.path.string() + " row " + std::to_string(id));
  }

 private:
  struct File {
    std::filesystem::path path;
    std::unique_ptr<parquet::arrow::FileReader> reader;
  };
  struct Group {
    std::size_t file;
    int index;
    std::int64_t first_row;
  };

  void open(const std::filesystem::path& path) {
    auto file = std::make_unique<File>();
    file->path = path;
    try {
      auto input = arrow::io::ReadableFile::Open(path.string());
      if (!input.ok()) throw unreadable(path, input.status().message());
      auto reader = parquet::arrow::OpenFile(*input, arrow::default_memory_pool());
      if (!reader.ok()) throw unreadable(path, reader.status().message());
      file->reader = std::move(*reader);
      file->reader->set_use_threads(false);
      std::shared_ptr<arrow::Schema> schema;
      if (const auto status = file->reader->GetSchema(&schema); !status.ok()) throw unreadable(path, status.message());
      take_schema(path, *schema);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw unreadable(path, error.what());
    }
    const auto metadata = file->reader->parquet_reader()->metadata();
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      const std::int64_t count = metadata->RowGroup(i)->num_rows();
      if (count == 0) continue;
      groups_.push_back({files_.size(), i, rows_});
      rows_ += count;
    }
    files_.push_back(std::move(file));
  }

  void take_schema(const std::filesystem::path& path, const arrow::Schema& schema) {
    if (files_.empty()) {
      kinds_ = column_kinds(schema);
      columns_ = schema.field_names();
    } else if (columns_ != schema.field_names()) {
      throw errors::data("{}: its columns differ from those of {}", path.string(), files_.front()->path.string());
    }
  }

  std::shared_ptr<arrow::Table> read(std::size_t group) const {
    const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& entry) { return entry.first == group; });
    if (held != held_.end()) {
      held_.splice(held_.begin(), held_, held);
      return held_.front().second;
    }
    const File& file = *files_[groups_[group].file];
    std::shared_ptr<arrow::Table> table;
    try {
      auto result = file.reader->ReadRowGroup(groups_[group].index);
      if (!result.ok()) throw unreadable(file.path, result.status().message());
      table = *result;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw unreadable(file.path, error.what());
    }
    held_.emplace_front(group, table);
    if (held_.size() > kMaxHeldGroups) held_.pop_back();
    return table;
  }

  std::vector<std::unique_ptr<File>> files_;
  std::vector<Group> groups_;
  std::int64_t rows_ = 0;
  std::map<std::string, ColumnKind> kinds_;
  std::vector<std::string> columns_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<std::size_t, std::shared_ptr<arrow::Table>>> held_;
};

}  // namespace

std::unique_ptr<Split> open_parquet(const std::vector<std::filesystem::path>& files) { return std::make_unique<ParquetSplit>(files); }

}  // namespace lmms_eval::data
