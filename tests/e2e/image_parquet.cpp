#include "e2e/image_parquet.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include <random>
#include <stdexcept>

#include "media/image.h"

namespace lmms_eval::testing {
namespace {

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::shared_ptr<arrow::Schema> schema() {
  const auto image = arrow::struct_({arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
  return arrow::schema(
      {arrow::field("image", image), arrow::field("question", arrow::utf8()), arrow::field("answer", arrow::utf8())});
}

class Writer {
 public:
  Writer(const std::filesystem::path& file, int group) : group_(group) {
    out_ = arrow::io::FileOutputStream::Open(file.string()).ValueOrDie();
    writer_ = parquet::arrow::FileWriter::Open(*schema(), arrow::default_memory_pool(), out_).ValueOrDie();
  }

  void add(const ImageRow& row) {
    check(bytes_.Append(row.image));
    check(path_.Append("image" + std::to_string(rows_) + ".png"));
    check(question_.Append(row.question));
    check(answer_.Append(row.answer));
    ++rows_;
    if (++pending_ == group_) flush();
  }

  void close() {
    if (pending_ > 0) flush();
    check(writer_->Close());
    check(out_->Close());
  }

 private:
  void flush() {
    std::shared_ptr<arrow::Array> bytes, path, question, answer;
    check(bytes_.Finish(&bytes));
    check(path_.Finish(&path));
    check(question_.Finish(&question));
    check(answer_.Finish(&answer));
    const auto image = arrow::StructArray::Make({bytes, path}, std::vector<std::string>{"bytes", "path"}).ValueOrDie();
    check(writer_->WriteTable(*arrow::Table::Make(schema(), {image, question, answer}), pending_));
    pending_ = 0;
  }

  int group_;
  int pending_ = 0;
  int rows_ = 0;
  std::shared_ptr<arrow::io::FileOutputStream> out_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  arrow::BinaryBuilder bytes_;
  arrow::StringBuilder path_, question_, answer_;
};

std::string noise_png(int size, unsigned seed, int channels) {
  std::mt19937 random(seed);
  media::Image image;
  image.width = image.height = size;
  image.channels = channels;
  image.data.resize(static_cast<std::size_t>(size * size * channels));
  for (auto& value : image.data) value = static_cast<std::uint8_t>(random());
  return media::encode_png(image);
}

}  // namespace

std::string tiny_png(int seed) { return noise_png(8, static_cast<unsigned>(seed), 1); }

void write_image_parquet(const std::filesystem::path& file, const std::vector<ImageRow>& rows, int group) {
  Writer writer(file, group);
  for (const auto& row : rows) writer.add(row);
  writer.close();
}

std::string image_task(const std::string& name, const std::map<std::string, std::string>& fields) {
  std::map<std::string, std::string> all = fields;
  all.merge(std::map<std::string, std::string>{{"task", name},
                                               {"dataset_path", "parquet"},
                                               {"dataset_kwargs", "{data_files: {test: data.parquet}}"},
                                               {"test_split", "test"},
                                               {"output_type", "generate_until"},
                                               {"doc_to_visual", "image"},
                                               {"doc_to_text", "\"{{question}}\""},
                                               {"doc_to_target", "answer"},
                                               {"metric_list", "[{metric: exact_match}]"}});
  std::string text;
  for (const auto& [field, value] : all) text += field + ": " + value + "\n";
  return text;
}

void write_noise_parquet(const std::filesystem::path& file, int count, int group) {
  Writer writer(file, group);
  for (int i = 0; i < count; ++i)
    writer.add({noise_png(32, static_cast<unsigned>(i), 3), "what is it?", i % 3 ? "A" : "B"});
  writer.close();
}

}  // namespace lmms_eval::testing
