#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "data/dataset.h"
#include "lmms_eval/error.h"
#include "support/temp_dir.h"
#include "unit/data/parquet_file.h"

namespace lmms_eval::data {
namespace {

using namespace lmms_eval::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

/// The message of the error that `body` must throw.
template <typename Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::unique_ptr<Split> open(const std::vector<std::filesystem::path>& files,
                            std::size_t kept_bytes = kSequentialBytes) {
  return open_parquet(files, kept_bytes);
}

TEST(ParquetSplit, ReadsPlainColumnsInTheirOrder) {
  const TempDir folder;
  arrow::DoubleBuilder numbers;
  arrow::BooleanBuilder flags;
  write_parquet(folder / "a.parquet",
                {{"z", integers({1, std::nullopt})},
                 {"a", texts({"x", "\xc3\xa9"})},
                 {"number", array_of<arrow::DoubleBuilder&, double>(numbers, {0.5, std::nullopt})},
                 {"flag", array_of<arrow::BooleanBuilder&, bool>(flags, {true, false})}});
  const auto split = open({folder / "a.parquet"});
  EXPECT_EQ(split->num_rows(), 2);
  EXPECT_THAT(split->columns(), ElementsAre("z", "a", "number", "flag"));
  EXPECT_EQ(split->row(0).fields().dump(), R"({"z":1,"a":"x","number":0.5,"flag":true})");
  EXPECT_EQ(split->row(1).fields().dump(), "{\"z\":null,\"a\":\"\xc3\xa9\",\"number\":null,\"flag\":false}");
  EXPECT_EQ(split->row(1).id(), 1);
  EXPECT_EQ(split->folder(), folder.path());
}

TEST(ParquetSplit, ReadsNestedAndOddTypes) {
  const TempDir folder;
  const auto items = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), items);
  require(lists.Append());
  require(items->Append("p"));
  require(items->Append("q"));
  require(lists.Append());
  arrow::StringDictionaryBuilder words;
  require(words.Append("blue"));
  require(words.Append("red"));
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  require(times.Append(1704164645000000));
  require(times.Append(1704164645500000));
  const auto both =
      arrow::StructArray::Make({integers({7, 8}), bytes({"raw", "raw"})}, std::vector<std::string>{"n", "raw"})
          .ValueOrDie();
  write_parquet(folder / "a.parquet", {{"list", lists.Finish().ValueOrDie()},
                                       {"word", words.Finish().ValueOrDie()},
                                       {"time", times.Finish().ValueOrDie()},
                                       {"both", both},
                                       {"raw", bytes({"\x01", "\x02"})}});
  const auto split = open({folder / "a.parquet"});
  EXPECT_EQ(split->row(0).fields().dump(),
            R"({"list":["p","q"],"word":"blue","time":"2024-01-02 03:04:05","both":{"n":7}})");
  EXPECT_EQ(split->row(1).fields()["list"], Json::array());
  EXPECT_EQ(split->row(1).fields()["time"], "2024-01-02 03:04:05.500000");
  EXPECT_THAT(split->columns(), ElementsAre("list", "word", "time", "both", "raw"));
}

TEST(ParquetSplit, TakesMediaByTheFeaturesOfTheSchema) {
  const TempDir folder;
  folder.write("pic.png", "from a file");
  const auto list_values = pictures({"one", "two", "three"}, {"1.png", "2.png", std::nullopt});
  const auto offsets = array_of(arrow::Int32Builder(), std::vector<std::optional<std::int32_t>>{0, 2, 3});
  write_parquet(folder / "a.parquet",
                {{"image", pictures({"bytes", std::nullopt}, {"x.png", "pic.png"})},
                 {"images", arrow::ListArray::FromArrays(*offsets, *list_values).ValueOrDie()},
                 {"sound", pictures({"tone", std::nullopt}, {"t.wav", std::nullopt})},
                 {"label", integers({3, 4})}},
                1000,
                R"({"image": {"_type": "Image"}, "images": {"feature": {"_type": "Image"}, "_type": "Sequence"},
                    "sound": {"_type": "Audio"}, "label": {"_type": "ClassLabel", "names": ["a"]}})");
  const auto split = open({folder / "a.parquet"});
  const Doc first = split->row(0), second = split->row(1);
  EXPECT_EQ(first.fields().dump(), R"({"label":3})");
  ASSERT_EQ(first.media("image").size(), 1U);
  EXPECT_EQ(first.media("image")[0].bytes(), "bytes");
  EXPECT_EQ(first.media("image")[0].name(), "x.png");
  EXPECT_EQ(first.media("image")[0].kind(), MediaKind::image);
  EXPECT_EQ(second.media("image")[0].bytes(), "from a file");
  ASSERT_EQ(first.media("images").size(), 2U);
  EXPECT_EQ(first.media("images")[1].bytes(), "two");
  EXPECT_EQ(second.media("images")[0].bytes(), "three");
  EXPECT_EQ(first.media("sound")[0].kind(), MediaKind::audio);
  EXPECT_TRUE(second.media("sound").empty());
}

TEST(ParquetSplit, TellsMediaByShapeWhereTheSchemaSaysNothing) {
  const TempDir folder;
  write_parquet(folder / "a.parquet",
                {{"what", pictures({"\x89PNG rest", "RIFF1234WAVEfmt "}, {std::nullopt, std::nullopt})}});
  const auto split = open({folder / "a.parquet"});
  EXPECT_EQ(split->row(0).media("what")[0].kind(), MediaKind::image);
  EXPECT_EQ(split->row(1).media("what")[0].kind(), MediaKind::audio);
}

/// Three files of 10, 1 and 9 rows with numbers 0..19, two rows in a row group.
std::vector<std::filesystem::path> numbered_files(const TempDir& folder) {
  std::vector<std::filesystem::path> files;
  std::int64_t next = 0;
  for (const std::int64_t count : {10, 1, 9}) {
    std::vector<std::optional<std::int64_t>> values;
    for (std::int64_t i = 0; i < count; ++i) values.emplace_back(next++);
    files.push_back(folder / ("part" + std::to_string(files.size()) + ".parquet"));
    write_parquet(files.back(), {{"n", integers(values)}}, 2);
  }
  return files;
}

TEST(ParquetSplit, CountsRowsAcrossFilesAndReadsThemInAnyOrder) {
  const TempDir folder;
  for (const std::size_t kept : {std::size_t{1}, kRandomAccessBytes}) {
    const auto split = open(numbered_files(folder), kept);
    ASSERT_EQ(split->num_rows(), 20);
    for (std::int64_t id = 0; id < 20; ++id) EXPECT_EQ(split->row(id).fields()["n"], id);
    for (const std::int64_t id : {19, 0, 10, 9, 11, 3, 2, 3, 18, 1}) {
      EXPECT_EQ(split->row(id).fields()["n"], id);
      EXPECT_EQ(split->row(id).id(), id);
    }
  }
}

TEST(ParquetSplit, ReadsALargeRowGroupInPartsAndGoesBackInIt) {
  const TempDir folder;
  std::vector<std::optional<std::string>> content, names;
  for (int i = 0; i < 60; ++i) {
    content.emplace_back(std::string(100000, static_cast<char>('a' + i % 26)) + std::to_string(i));
    names.emplace_back(std::to_string(i));
  }
  write_parquet(folder / "a.parquet", {{"image", pictures(content, names)}, {"name", texts(names)}});
  const auto split = open({folder / "a.parquet"}, 1);
  for (const int id : {0, 59, 30, 29, 31, 7}) {
    const Doc doc = split->row(id);
    EXPECT_EQ(doc.fields()["name"], std::to_string(id));
    EXPECT_EQ(doc.media("image")[0].bytes(), *content[static_cast<std::size_t>(id)]);
  }
}

TEST(ParquetSplit, RefusesRowsThatAreNotThere) {
  const TempDir folder;
  const auto split = open(numbered_files(folder));
  EXPECT_THAT(error_of([&] { split->row(20); }), HasSubstr("row 20 of a split with 20 rows"));
  EXPECT_THAT(error_of([&] { split->row(-1); }), HasSubstr("row -1"));
}

TEST(ParquetSplit, RefusesTextsThatAreNotUtf8) {
  const TempDir folder;
  write_parquet(folder / "a.parquet", {{"q", texts({"ok", "caf\xe9"})}});
  const auto split = open({folder / "a.parquet"});
  EXPECT_EQ(split->row(0).fields()["q"], "ok");
  EXPECT_THAT(error_of([&] { split->row(1); }), HasSubstr("column 'q': byte 0xe9 of the text is not UTF-8"));
}

TEST(ParquetSplit, NamesAFileThatIsTruncatedOrNoParquet) {
  const TempDir folder;
  const auto files = numbered_files(folder);
  std::filesystem::resize_file(files[0], std::filesystem::file_size(files[0]) - 20);
  EXPECT_THAT(error_of([&] { open(files); }), HasSubstr("part0.parquet: not a readable Parquet file"));
  folder.write("text.parquet", "this is a text, not Parquet");
  EXPECT_THAT(error_of([&] { open({folder / "text.parquet"}); }),
              HasSubstr("text.parquet: not a readable Parquet file"));
}

TEST(ParquetSplit, NamesAFileWhosePagesAreDamaged) {
  const TempDir folder;
  std::vector<std::optional<std::string>> values;
  for (int i = 0; i < 5000; ++i) values.emplace_back("value " + std::to_string(i * 7919));
  write_parquet(folder / "a.parquet", {{"text", texts(values)}});
  std::fstream file(folder / "a.parquet", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4);
  file << std::string(200, '\xff');
  file.close();
  const auto split = open({folder / "a.parquet"});
  EXPECT_THAT(error_of([&] { split->row(0); }), HasSubstr("a.parquet: not a readable Parquet file"));
}

TEST(ParquetSplit, RefusesFilesWithOtherColumns) {
  const TempDir folder;
  write_parquet(folder / "a.parquet", {{"n", integers({1})}});
  write_parquet(folder / "b.parquet", {{"m", integers({1})}});
  EXPECT_THAT(error_of([&] {
                open({folder / "a.parquet", folder / "b.parquet"});
              }),
              HasSubstr("b.parquet: its columns differ"));
}

}  // namespace
}  // namespace lmms_eval::data
