#include "models/local/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "lmms_eval/error.h"
#include "support/temp_dir.h"

namespace lmms_eval::local {
namespace {

using lmms_eval::testing::TempDir;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A file by the format: length, header, data.
std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xFF));
  return bytes + header + data;
}

json tensor(const std::string& dtype, const json& shape, std::uint64_t begin, std::uint64_t end) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

/// The message of the error that opening a folder with this model.safetensors throws.
std::string error_of(const std::string& bytes) {
  TempDir folder;
  folder.write("model.safetensors", bytes);
  try {
    SafeTensors::open(folder.path());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_THAT(error.message(), HasSubstr("model.safetensors"));
    return error.message();
  }
  return {};
}

std::string error_of(const json& header, const std::string& data) { return error_of(file_of(header.dump(), data)); }

TEST(SafeTensors, MapsTensorsSortedByName) {
  TempDir folder;
  const float values[] = {1.5f, -2.0f, 3.25f};
  std::string data(reinterpret_cast<const char*>(values), sizeof values);
  data += std::string("\x01\x02\x03\x04", 4);
  const json header = {{"__metadata__", {{"format", "pt"}}},
                       {"b.weight", tensor("F32", {3, 1}, 0, 12)},
                       {"a", tensor("BF16", {2}, 12, 16)},
                       {"empty", tensor("I64", {0, 7}, 16, 16)}};
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  folder.write("model.safetensors", file_of(text, data));
  const auto tensors = SafeTensors::open(folder.path());
  ASSERT_EQ(tensors.tensors().size(), 3u);
  EXPECT_EQ(tensors.tensors()[0].name, "a");
  const auto* const weight = tensors.find("b.weight");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->dtype, DType::f32);
  EXPECT_THAT(weight->shape, ElementsAre(3, 1));
  EXPECT_EQ(weight->bytes, 12u);
  EXPECT_EQ(std::memcmp(weight->data, values, sizeof values), 0);
  EXPECT_EQ(weight->file, (folder / "model.safetensors").string());
  EXPECT_EQ(std::to_integer<int>(tensors.find("a")->data[3]), 4);
  EXPECT_EQ(tensors.find("empty")->bytes, 0u);
  EXPECT_EQ(tensors.find("absent"), nullptr);
  EXPECT_THAT(tensors.files(), ElementsAre(folder / "model.safetensors"));
}

TEST(SafeTensors, KeepsTheMappingAfterItIsGone) {
  TempDir folder;
  folder.write("model.safetensors", file_of(json({{"a", tensor("U8", {1}, 0, 1)}}).dump(), "\x2A"));
  std::shared_ptr<const void> mapping;
  const std::byte* data = nullptr;
  {
    const auto tensors = SafeTensors::open(folder.path());
    mapping = tensors.mapping();
    data = tensors.find("a")->data;
  }
  EXPECT_EQ(std::to_integer<int>(*data), 42);
}

TEST(SafeTensors, AlignsTensorsOfFilesThatDoNot) {
  TempDir folder;
  const double value = 0.125;
  std::string data = "\x07";
  data.append(reinterpret_cast<const char*>(&value), sizeof value);
  const json header = {{"byte", tensor("U8", {1}, 0, 1)}, {"double", tensor("F64", json::array(), 1, 9)}};
  folder.write("model.safetensors", file_of(header.dump(), data));
  const auto tensors = SafeTensors::open(folder.path());
  const auto* const view = tensors.find("double");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view->data) % 8, 0u);
  EXPECT_EQ(*reinterpret_cast<const double*>(view->data), 0.125);
  EXPECT_TRUE(view->shape.empty());
}

TEST(SafeTensors, RefusesFilesThatAreCutOrTooLong) {
  const std::string whole = file_of(json({{"a", tensor("F32", {2}, 0, 8)}}).dump(), "12345678");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(error_of(whole.substr(0, size)), "") << "cut to " << size << " of " << whole.size() << " bytes";
  }
  EXPECT_THAT(error_of(""), HasSubstr("truncated: 0 bytes"));
  EXPECT_THAT(error_of(whole.substr(0, 20)), HasSubstr("truncated: the header has"));
  EXPECT_THAT(error_of(whole.substr(0, whole.size() - 1)),
              HasSubstr("tensor 'a' ends at byte 8 of the data, of which there are 7"));
  EXPECT_THAT(error_of(whole + "x"), HasSubstr("the tensors take 8 bytes, the file has 9"));
  EXPECT_EQ(error_of(whole), "");
}

TEST(SafeTensors, RefusesHeadersThatAreNone) {
  EXPECT_THAT(error_of(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8)), HasSubstr("not a safetensors file"));
  EXPECT_THAT(error_of(std::string("\x01\xE1\xF5\x05\x00\x00\x00\x00", 8)), HasSubstr("100000001 bytes"));
  EXPECT_THAT(error_of(file_of("{\"a\": ", "")), HasSubstr("is no JSON"));
  EXPECT_THAT(error_of(file_of("[1]", "")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(file_of("{\"\xFF\": 1}", "")), HasSubstr("is no JSON"));
  EXPECT_THAT(error_of(file_of(std::string(100'000, '['), "")), HasSubstr("is no JSON"));
  EXPECT_THAT(error_of(json({{"a", 7}}), ""), HasSubstr("tensor 'a' is described by no JSON object"));
}

TEST(SafeTensors, RefusesTensorsThatDoNotFit) {
  const std::string data(16, '\0');
  const auto one = [&](const json& value) { return error_of({{"w", value}}, data); };
  EXPECT_THAT(one(tensor("F8_E4M3", {16}, 0, 16)),
              HasSubstr("tensor 'w' has the dtype \"F8_E4M3\", which is not supported"));
  EXPECT_THAT(one(tensor("F32", {5}, 0, 16)), HasSubstr("has 16 bytes, but F32 of shape [5] takes 20"));
  EXPECT_THAT(one(tensor("F32", {-4}, 0, 16)), HasSubstr("no list of non-negative integers"));
  EXPECT_THAT(one(tensor("F32", {1.5}, 0, 16)), HasSubstr("no list of non-negative integers"));
  EXPECT_THAT(one(tensor("F32", {1ull << 40, 1ull << 40}, 0, 16)), HasSubstr("too large"));
  EXPECT_THAT(one(tensor("F32", {18446744073709551615ull}, 0, 16)), HasSubstr("no list of non-negative integers"));
  EXPECT_THAT(one(tensor("F64", {9223372036854775807ull}, 0, 16)), HasSubstr("too large"));
  EXPECT_THAT(one(tensor("F32", {4}, 16, 0)), HasSubstr("no valid data_offsets"));
  EXPECT_THAT(one(tensor("F32", {4}, 18446744073709551600ull, 18446744073709551615ull)),
              HasSubstr("no valid data_offsets"));
  EXPECT_THAT(one({{"dtype", "F32"}, {"shape", {4}}}), HasSubstr("no valid data_offsets"));
  EXPECT_THAT(one({{"dtype", "F32"}, {"data_offsets", {0, 16}}}), HasSubstr("has no shape"));
  EXPECT_THAT(one({{"shape", {4}}, {"data_offsets", {0, 16}}}), HasSubstr("has the dtype null"));
}

TEST(SafeTensors, RefusesOverlapsAndHoles) {
  const std::string data(16, '\0');
  EXPECT_THAT(error_of({{"a", tensor("U8", {10}, 0, 10)}, {"b", tensor("U8", {8}, 8, 16)}}, data),
              HasSubstr("tensor 'b' overlaps 'a'"));
  EXPECT_THAT(error_of({{"a", tensor("U8", {4}, 0, 4)}, {"b", tensor("U8", {8}, 8, 16)}}, data),
              HasSubstr("tensor 'b' starts at byte 8 of the data, which leaves a hole from byte 4"));
}

TEST(SafeTensors, SurvivesEveryDamagedByteOfAHeader) {
  const std::string whole =
      file_of(json({{"a", tensor("F32", {2}, 0, 8)}, {"b", tensor("U8", {3}, 8, 11)}}).dump(), "12345678abc");
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 1 + round % 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    TempDir folder;
    folder.write("model.safetensors", damaged);
    try {
      const auto tensors = SafeTensors::open(folder.path());
      std::size_t bytes = 0;
      for (const auto& view : tensors.tensors()) {
        for (std::size_t i = 0; i < view.bytes; ++i) bytes += std::to_integer<std::size_t>(view.data[i]) < 256;
      }
      EXPECT_EQ(bytes, 11u) << "a file that opens has all of its data in tensors";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(SafeTensors, SaysWhichFilesItLookedFor) {
  TempDir folder;
  try {
    SafeTensors::open(folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr(folder.path().string()));
    EXPECT_THAT(error.message(), HasSubstr("neither model.safetensors nor model.safetensors.index.json"));
  }
}

class Shards : public ::testing::Test {
 protected:
  Shards() {
    folder_.write("one.safetensors", file_of(json({{"a", tensor("U8", {1}, 0, 1)}}).dump(), "1"));
    folder_.write("two.safetensors", file_of(json({{"b", tensor("U8", {1}, 0, 1)}}).dump(), "2"));
  }
  void index(const json& weights) {
    folder_.write("model.safetensors.index.json", json({{"weight_map", weights}}).dump());
  }
  std::string error() {
    try {
      SafeTensors::open(folder_.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model);
      return error.message();
    }
    return {};
  }
  TempDir folder_;
};

TEST_F(Shards, AreReadTogether) {
  index({{"a", "one.safetensors"}, {"b", "two.safetensors"}});
  const auto tensors = SafeTensors::open(folder_.path());
  ASSERT_EQ(tensors.tensors().size(), 2u);
  EXPECT_EQ(std::to_integer<char>(*tensors.find("b")->data), '2');
  EXPECT_EQ(tensors.files().size(), 2u);
}

TEST_F(Shards, ThatAreMissingAreNamed) {
  index({{"a", "one.safetensors"}, {"b", "three.safetensors"}});
  EXPECT_THAT(error(), HasSubstr("the shard three.safetensors is missing"));
}

TEST_F(Shards, MustHaveTheTensorsOfTheIndex) {
  index({{"a", "one.safetensors"}, {"b", "two.safetensors"}, {"c", "two.safetensors"}});
  EXPECT_THAT(error(), HasSubstr("tensor 'c' should be in two.safetensors, which does not have it"));
  index({{"a", "two.safetensors"}, {"b", "two.safetensors"}});
  EXPECT_THAT(error(), HasSubstr("tensor 'a' should be in two.safetensors"));
}

TEST_F(Shards, MustNotShareATensor) {
  folder_.write("two.safetensors", file_of(json({{"a", tensor("U8", {1}, 0, 1)}}).dump(), "2"));
  index({{"a", "one.safetensors"}, {"b", "two.safetensors"}});
  EXPECT_THAT(error(), HasSubstr("tensor 'a' is in two shards"));
}

TEST_F(Shards, NeedAnIndexThatNamesFilesOfTheFolder) {
  index({{"a", "../one.safetensors"}});
  EXPECT_THAT(error(), HasSubstr("weight_map.a: must name a file in the same folder"));
  index(json::object());
  EXPECT_THAT(error(), HasSubstr("has no weight_map"));
  folder_.write("model.safetensors.index.json", "{");
  EXPECT_THAT(error(), HasSubstr("malformed JSON"));
}

TEST(DType, NamesAndSizesAreThoseOfTheFormat) {
  EXPECT_EQ(to_string(DType::bf16), "BF16");
  EXPECT_EQ(to_string(DType::boolean), "BOOL");
  EXPECT_EQ(size_of(DType::bf16), 2u);
  EXPECT_EQ(size_of(DType::f64), 8u);
  EXPECT_EQ(size_of(DType::i8), 1u);
  EXPECT_EQ(size_of(DType::i32), 4u);
}

}  // namespace
}  // namespace lmms_eval::local
