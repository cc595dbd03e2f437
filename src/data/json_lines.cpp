#include <algorithm>
#include <fstream>
#include <mutex>

#include "base/atomic_file.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/utf8.h"
#include "data/dataset.h"
#include "data/json_keys.h"

namespace lmms_eval::data {
namespace {

using Json = nlohmann::ordered_json;

struct Line {
  std::size_t file;
  std::uint64_t offset;
  std::uint32_t length;
  std::uint32_t number;
};

/// All columns, in their order; null where the row has none, as datasets fills it in.
Json with_columns(Json fields, const std::vector<std::string>& columns) {
  Json row = Json::object();
  for (const auto& name : columns) row[name] = fields.contains(name) ? std::move(fields[name]) : Json();
  return row;
}

/// JSONL by line offsets: every line is looked at once, a row's values are read when it is asked for.
class JsonLinesSplit final : public Split {
 public:
  explicit JsonLinesSplit(std::vector<std::filesystem::path> files) : files_(std::move(files)) {
    for (std::size_t i = 0; i < files_.size(); ++i) index(i);
  }

  std::int64_t num_rows() const override { return static_cast<std::int64_t>(lines_.size()); }
  const std::vector<std::string>& columns() const override { return columns_; }
  std::filesystem::path folder() const override { return files_.front().parent_path(); }

  Doc row(std::int64_t id) const override {
    if (id < 0 || id >= num_rows()) throw errors::data("row {} of a split with {} rows", id, num_rows());
    const Line& line = lines_[static_cast<std::size_t>(id)];
    std::string text(line.length, '\0');
    {
      const std::lock_guard lock(mutex_);
      std::ifstream& in = streams_[line.file];
      in.clear();
      in.seekg(static_cast<std::streamoff>(line.offset));
      if (!in.read(text.data(), static_cast<std::streamsize>(text.size())))
        throw errors::data("{}:{}: cannot be read any more", files_[line.file].string(), line.number);
    }
    Json fields = Json::parse(text, nullptr, false);
    if (!fields.is_object()) throw errors::data("{}:{}: not a JSON object", files_[line.file].string(), line.number);
    return Doc(id, with_columns(std::move(fields), columns_));
  }

 private:
  void index(std::size_t file) {
    std::ifstream& in = streams_.emplace_back(files_[file], std::ios::binary);
    if (!in) throw errors::data("cannot read {}", files_[file].string());
    std::uint64_t offset = 0;
    std::uint32_t number = 0;
    for (std::string text; std::getline(in, text);) {
      ++number;
      if (!trim(text).empty()) {
        if (const auto problem = add_json_keys(text, columns_); !problem.empty()) {
          const auto bad_byte = utf8_problem(files_[file].string(), text, number);
          if (!bad_byte.empty()) throw errors::data("{}", bad_byte);
          throw errors::data("{}:{}: {}", files_[file].string(), number, problem);
        }
        lines_.push_back({file, offset, static_cast<std::uint32_t>(text.size()), number});
      }
      offset += text.size() + 1;
    }
  }

  std::vector<std::filesystem::path> files_;
  std::vector<Line> lines_;
  std::vector<std::string> columns_;
  mutable std::mutex mutex_;
  mutable std::vector<std::ifstream> streams_;
};

/// A JSON file as a whole: a list of objects.
class JsonListSplit final : public Split {
 public:
  JsonListSplit(const std::vector<std::filesystem::path>& files, const std::string& field) {
    folder_ = files.front().parent_path();
    for (const auto& file : files) read(file, field);
  }
  JsonListSplit(Json rows, std::filesystem::path folder) : folder_(std::move(folder)) {
    add(std::move(rows), "the list");
  }

  std::int64_t num_rows() const override { return static_cast<std::int64_t>(rows_.size()); }
  const std::vector<std::string>& columns() const override { return columns_; }
  std::filesystem::path folder() const override { return folder_; }
  Doc row(std::int64_t id) const override {
    if (id < 0 || id >= num_rows()) throw errors::data("row {} of a split with {} rows", id, num_rows());
    return Doc(id, with_columns(rows_[static_cast<std::size_t>(id)], columns_));
  }

 private:
  void read(const std::filesystem::path& file, const std::string& field) {
    Json content = parse_json_document(file.string(), read_file(file));
    if (!field.empty()) {
      if (!content.is_object() || !content.contains(field))
        throw errors::data("{}: has no field '{}'", file.string(), field);
      content = Json(content[field]);
    }
    if (!content.is_array())
      throw errors::data("{}: must hold a list of objects (or name its field with `field`)", file.string());
    add(std::move(content), file.string());
  }

  void add(Json content, const std::string& where) {
    for (auto& item : content) {
      if (!item.is_object()) throw errors::data("{}: item {} is not an object", where, rows_.size());
      for (const auto& [key, value] : item.items())
        if (std::find(columns_.begin(), columns_.end(), key) == columns_.end()) columns_.push_back(key);
      rows_.push_back(std::move(item));
    }
  }

  std::filesystem::path folder_;
  std::vector<Json> rows_;
  std::vector<std::string> columns_;
};

/// datasets reads both from "json": a file that begins with '[' , or one whose field is named, is one document.
bool is_one_document(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  char c = 0;
  while (in.get(c))
    if (!std::isspace(static_cast<unsigned char>(c))) return c == '[';
  return false;
}

}  // namespace

std::unique_ptr<Split> open_json(const std::vector<std::filesystem::path>& files, const std::string& field) {
  if (!field.empty() || is_one_document(files.front())) return std::make_unique<JsonListSplit>(files, field);
  return std::make_unique<JsonLinesSplit>(files);
}

std::unique_ptr<Split> open_rows(Json rows, const std::filesystem::path& folder) {
  return std::make_unique<JsonListSplit>(std::move(rows), folder);
}

}  // namespace lmms_eval::data
