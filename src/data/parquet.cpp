#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <list>
#include <mutex>

#include "base/errors.h"
#include "data/arrow_values.h"
#include "data/dataset.h"

namespace lmms_eval::data {
namespace {

// A batch is what is decoded at a time. Row groups can hold a gigabyte of pictures; a batch holds about this much.
// Underneath, a page is decompressed whole, and writers that count rows (pyarrow: 1,024 of them) make large pages of
// large pictures.
constexpr std::int64_t kBatchBytes = std::int64_t{1} << 20;
constexpr std::int64_t kMaxBatchRows = 1024;
// What is read of a column of a row group at a time.
constexpr std::int64_t kStreamBytes = std::int64_t{1} << 18;

Error unreadable(const std::filesystem::path& file, const std::string& reason) {
  return errors::data("{}: not a readable Parquet file: {}; fetch or make it again", file.string(),
                      reason.substr(0, reason.find('\n')));
}

template <typename Value>
Value take(arrow::Result<Value> result, const std::filesystem::path& file) {
  if (!result.ok()) throw unreadable(file, result.status().message());
  return std::move(result).ValueUnsafe();
}

/// Runs Parquet calls, which report by status and by exception, and names the file in both.
template <typename Body>
auto reading(const std::filesystem::path& file, Body&& body) {
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw unreadable(file, error.what());
  }
}

struct File {
  std::filesystem::path path;
  std::unique_ptr<parquet::arrow::FileReader> reader;
};

struct Group {
  std::size_t file;
  int index;               ///< in its file
  std::int64_t first_row;  ///< of the split
  std::int64_t rows;
};

/// A row group being read from its start, batch by batch.
struct Cursor {
  std::size_t group = 0;
  std::int64_t next_row = 0;  ///< in the group
  std::unique_ptr<arrow::RecordBatchReader> batches;
};

/// Decoded rows that lie together.
struct Batch {
  std::size_t group;
  std::int64_t first_row;  ///< in the group
  std::shared_ptr<arrow::Table> table;
  std::int64_t bytes;

  bool holds(std::size_t wanted_group, std::int64_t row) const {
    return group == wanted_group && row >= first_row && row < first_row + table->num_rows();
  }
};

/// Several files, one after another. Row groups are decoded in batches as rows are asked for: ascending rows cost one
/// pass and little memory, others a pass from the start of their row group unless their batch is among the kept ones.
class ParquetSplit final : public Split {
 public:
  ParquetSplit(const std::vector<std::filesystem::path>& files, std::size_t kept_bytes)
      : kept_bytes_(static_cast<std::int64_t>(kept_bytes)) {
    for (const auto& path : files) open(path);
  }

  std::int64_t num_rows() const override { return rows_; }
  const std::vector<std::string>& columns() const override { return columns_; }
  std::filesystem::path folder() const override { return files_.front()->path.parent_path(); }

  Doc row(std::int64_t id) const override {
    if (id < 0 || id >= rows_) throw errors::data("row {} of a split with {} rows", id, rows_);
    const auto next = std::upper_bound(groups_.begin(), groups_.end(), id,
                                       [](std::int64_t row, const Group& group) { return row < group.first_row; });
    const auto group = static_cast<std::size_t>(std::prev(next) - groups_.begin());
    const auto& path = files_[groups_[group].file]->path;
    const std::lock_guard lock(mutex_);
    const Batch& batch = find_or_read(group, id - groups_[group].first_row);
    return doc_from_row(*batch.table, id - groups_[group].first_row - batch.first_row, id, types_, path.parent_path(),
                        path.string() + " row " + std::to_string(id));
  }

 private:
  void open(const std::filesystem::path& path) {
    auto file = std::make_unique<File>();
    file->path = path;
    const auto metadata = reading(path, [&] {
      parquet::ReaderProperties properties = parquet::default_reader_properties();
      properties.enable_buffered_stream();
      properties.set_buffer_size(kStreamBytes);
      parquet::arrow::FileReaderBuilder builder;
      const auto input = take(arrow::io::ReadableFile::Open(path.string()), path);
      if (const auto status = builder.Open(input, properties); !status.ok()) throw unreadable(path, status.message());
      const auto found = builder.raw_reader()->metadata();
      parquet::ArrowReaderProperties arrow_properties = parquet::default_arrow_reader_properties();
      arrow_properties.set_pre_buffer(false);
      arrow_properties.set_use_threads(false);
      arrow_properties.set_batch_size(batch_rows(*found));
      builder.properties(arrow_properties);
      file->reader = take(builder.Build(), path);
      std::shared_ptr<arrow::Schema> schema;
      if (const auto status = file->reader->GetSchema(&schema); !status.ok()) throw unreadable(path, status.message());
      take_schema(path, *schema);
      return found;
    });
    for (int i = 0; i < metadata->num_row_groups(); ++i) {
      const std::int64_t count = metadata->RowGroup(i)->num_rows();
      if (count == 0) continue;
      groups_.push_back({files_.size(), i, rows_, count});
      rows_ += count;
    }
    files_.push_back(std::move(file));
  }

  static std::int64_t batch_rows(const parquet::FileMetaData& metadata) {
    std::int64_t bytes = 0;
    for (int i = 0; i < metadata.num_row_groups(); ++i) bytes += metadata.RowGroup(i)->total_byte_size();
    const std::int64_t row_bytes = std::max<std::int64_t>(1, bytes / std::max<std::int64_t>(1, metadata.num_rows()));
    return std::clamp<std::int64_t>(kBatchBytes / row_bytes, 1, kMaxBatchRows);
  }

  void take_schema(const std::filesystem::path& path, const arrow::Schema& schema) {
    if (files_.empty()) {
      types_ = column_types(schema);
      columns_ = schema.field_names();
    } else if (columns_ != schema.field_names()) {
      throw errors::data("{}: its columns differ from those of {}", path.string(), files_.front()->path.string());
    }
  }

  const Batch& find_or_read(std::size_t group, std::int64_t row) const {
    const auto kept =
        std::find_if(kept_.begin(), kept_.end(), [&](const Batch& batch) { return batch.holds(group, row); });
    if (kept != kept_.end()) {
      kept_.splice(kept_.begin(), kept_, kept);
      return kept_.front();
    }
    const auto& path = files_[groups_[group].file]->path;
    reading(path, [&] {
      if (!cursor_.batches || cursor_.group != group || cursor_.next_row > row)
        cursor_ = {group, 0,
                   take(files_[groups_[group].file]->reader->GetRecordBatchReader({groups_[group].index}), path)};
      Cursor started = std::exchange(cursor_, {});  // columns of a failed read may stand at different rows
      while (started.next_row <= row) read_batch(path, started);
      cursor_ = std::move(started);
    });
    return kept_.front();
  }

  /// Decodes a cursor's next batch and keeps it, if need be instead of the ones not used for longest.
  void read_batch(const std::filesystem::path& path, Cursor& cursor) const {
    std::shared_ptr<arrow::RecordBatch> records;
    if (const auto status = cursor.batches->ReadNext(&records); !status.ok()) throw unreadable(path, status.message());
    if (!records)
      throw unreadable(path,
                       "row group " + std::to_string(groups_[cursor.group].index) + " has fewer rows than it says");
    const auto table = take(arrow::Table::FromRecordBatches({records}), path);
    const std::int64_t bytes = arrow::util::TotalBufferSize(*records);
    while (!kept_.empty() && held_ + bytes > kept_bytes_) {
      held_ -= kept_.back().bytes;
      kept_.pop_back();
    }
    kept_.push_front({cursor.group, cursor.next_row, table, bytes});
    held_ += bytes;
    cursor.next_row += records->num_rows();
    if (cursor.next_row >= groups_[cursor.group].rows) cursor.batches.reset();
  }

  std::vector<std::unique_ptr<File>> files_;
  std::vector<Group> groups_;
  std::int64_t rows_ = 0;
  std::int64_t kept_bytes_;
  std::map<std::string, ColumnType> types_;
  std::vector<std::string> columns_;
  mutable std::mutex mutex_;
  mutable Cursor cursor_;
  mutable std::list<Batch> kept_;  // the one used last is first
  mutable std::int64_t held_ = 0;
};

}  // namespace

std::unique_ptr<Split> open_parquet(const std::vector<std::filesystem::path>& files, std::size_t kept_bytes) {
  return std::make_unique<ParquetSplit>(files, kept_bytes);
}

}  // namespace lmms_eval::data
