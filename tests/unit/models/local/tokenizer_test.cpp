#include "models/local/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "lmms_eval/error.h"
#include "tokenizer_fixture.h"

namespace lmms_eval::local::testing {

using lmms_eval::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string load_error(const TempDir& folder, const json& tokenizer) {
  try {
    load(folder, tokenizer);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    return error.message();
  }
  return {};
}

namespace {

using Ids = std::vector<std::int32_t>;

/// Words of "hello": h e l o, then he ll hell hello, and " w" as Ġw.
json hello() { return byte_level_tokenizer({{"h", "e"}, {"l", "l"}, {"he", "ll"}, {"hell", "o"}, {"Ġ", "w"}}); }

Ids ids_of(const Tokenizer& tokenizer, const std::vector<std::string>& tokens) {
  Ids ids;
  for (const auto& token : tokens) ids.push_back(tokenizer.token_to_id(token));
  return ids;
}

TEST(Tokenizer, MergesByRankAndKeepsBytesThatNothingMerges) {
  TempDir folder;
  const auto tokenizer = load(folder, hello());
  EXPECT_EQ(tokenizer.encode("hello wé"), ids_of(tokenizer, {"hello", "Ġw", "Ã", "©"}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("hello wé")), "hello wé");
  EXPECT_EQ(tokenizer.vocab_size(), 261u);
  EXPECT_EQ(tokenizer.token_to_id("hello"), 259);
  EXPECT_EQ(tokenizer.token_to_id("absent"), -1);
}

TEST(Tokenizer, TakesTheLowestRankFirstAndTheLeftmostOfEqualOnes) {
  TempDir folder;
  const auto tokenizer = load(folder, byte_level_tokenizer({{"b", "c"}, {"a", "b"}, {"a", "a"}}));
  EXPECT_EQ(tokenizer.encode("abc"), ids_of(tokenizer, {"a", "bc"}));
  EXPECT_EQ(tokenizer.encode("aaa"), ids_of(tokenizer, {"aa", "a"}));
}

TEST(Tokenizer, MergesWrittenAsOneTextMeanTheSame) {
  TempDir folder;
  auto file = hello();
  file["model"]["merges"] = {"#version: 0.2", "h e", "l l", "he ll", "hell o", "Ġ w"};
  const auto tokenizer = load(folder, file);
  EXPECT_EQ(tokenizer.encode("hello"), Ids{259});
}

TEST(Tokenizer, EncodesAWordOfAMillionLetters) {
  TempDir folder;
  const auto tokenizer = load(folder, byte_level_tokenizer({{"a", "a"}, {"aa", "aa"}}));
  EXPECT_EQ(tokenizer.encode(std::string(1'000'000, 'a')), Ids(250'000, tokenizer.token_to_id("aaaa")));
}

TEST(Tokenizer, GivesTheSameIdsFromManyThreads) {
  TempDir folder;
  const auto tokenizer = load(folder, hello());
  const auto wanted = tokenizer.encode("hello world hello");
  std::vector<Ids> got(8);
  std::vector<std::thread> threads;
  for (auto& ids : got) {
    threads.emplace_back([&tokenizer, &ids] {
      for (int i = 0; i < 50; ++i) ids = tokenizer.encode("hello world hello");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(got, ::testing::Each(wanted));
}

TEST(Tokenizer, ReadsInvalidUtf8AsReplacementCharacters) {
  TempDir folder;
  const auto tokenizer = load(folder, hello());
  EXPECT_EQ(tokenizer.encode("h\xFF"), tokenizer.encode("h\xEF\xBF\xBD"));
}

TEST(Tokenizer, DecodesEachMaximalInvalidPartAsOneReplacementCharacter) {
  TempDir folder;
  const auto tokenizer = load(folder, hello());
  const auto decode = [&](const std::vector<std::string>& tokens) {
    return tokenizer.decode(ids_of(tokenizer, tokens));
  };
  EXPECT_EQ(decode({"Ã"}), "\uFFFD");
  EXPECT_EQ(decode({"ð", "Ł", "ĺ", "h"}), "\uFFFDh");        // F0 9F 98 68
  EXPECT_EQ(decode({"í", "ł", "Ģ"}), "\uFFFD\uFFFD\uFFFD");  // ED A0 80, a surrogate
  EXPECT_EQ(decode({"À", "¯"}), "\uFFFD\uFFFD");             // C0 AF, overlong
}

TEST(Tokenizer, FindsAddedTokensBeforeTheModelSeesTheText) {
  TempDir folder;
  auto file = hello();
  file["added_tokens"] = {added_token(261, "<|a|>"), added_token(262, "<|a|>b"),
                          added_token(263, "<L>", {{"lstrip", true}}), added_token(264, "<R>", {{"rstrip", true}}),
                          added_token(265, "word", {{"single_word", true}})};
  const auto tokenizer = load(folder, file);
  EXPECT_THAT(tokenizer.encode("<|a|><|a|>b<|a|>"), ElementsAre(261, 262, 261));
  EXPECT_THAT(tokenizer.encode("hello \n<L><R>\t hello"), ElementsAre(259, 263, 264, 259));
  EXPECT_THAT(tokenizer.encode("word"), ElementsAre(265));
  EXPECT_EQ(tokenizer.encode("words"), ids_of(tokenizer, {"w", "o", "r", "d", "s"}));
  EXPECT_EQ(tokenizer.vocab_size(), 266u);
}

TEST(Tokenizer, LooksForNormalizedTokensInNormalizedText) {
  TempDir folder;
  auto file = hello();
  file["normalizer"] = {{"type", "Lowercase"}};
  file["added_tokens"] = {added_token(261, "Hello!", {{"normalized", true}}), added_token(262, "RAW")};
  const auto tokenizer = load(folder, file);
  EXPECT_THAT(tokenizer.encode("HELLO!RAWhello!"), ElementsAre(261, 262, 261));
  EXPECT_EQ(tokenizer.encode("raw"), ids_of(tokenizer, {"r", "a", "w"}));
}

TEST(Tokenizer, SkipsSpecialTokensInDecodedTextOnlyIfAsked) {
  TempDir folder;
  auto file = hello();
  file["added_tokens"] = {added_token(261, "<end>"), added_token(262, "<kept>", {{"special", false}})};
  const auto tokenizer = load(folder, file);
  const Ids ids{259, 262, 261, 999, -1};
  EXPECT_EQ(tokenizer.decode(ids, true), "hello<kept>");
  EXPECT_EQ(tokenizer.decode(ids, false), "hello<kept><end>");
}

TEST(Tokenizer, TakesBosEosAndPadFromTheConfig) {
  TempDir folder;
  auto file = hello();
  file["added_tokens"] = json::array({added_token(261, "<end>")});
  folder.write("tokenizer_config.json", R"({"eos_token": "<end>", "pad_token": {"content": "<pad>"}, "bos_token": null,
                                            "add_bos_token": true})");
  const auto tokenizer = load(folder, file);
  EXPECT_EQ(tokenizer.eos_id(), 261);
  EXPECT_EQ(tokenizer.pad_id(), 262) << "a token that tokenizer.json lacks is added";
  EXPECT_EQ(tokenizer.bos_id(), -1);
  EXPECT_THAT(tokenizer.encode("hello<pad>"), ElementsAre(259, 262));
}

TEST(Tokenizer, AddsSpecialTokensByTheTemplateOnlyIfAsked) {
  TempDir folder;
  auto file = hello();
  file["added_tokens"] = json::array({added_token(261, "<s>")});
  file["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
      {"pair", json::array()},
      {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {261}}, {"tokens", {"<s>"}}}}}}};
  const auto tokenizer = load(folder, file);
  EXPECT_THAT(tokenizer.encode("hello", true), ElementsAre(261, 259));
  EXPECT_THAT(tokenizer.encode("hello", false), ElementsAre(259));
}

TEST(Tokenizer, FallsBackToByteTokensAndUnknown) {
  TempDir folder;
  const json file = {{"added_tokens", json::array()},
                     {"normalizer",
                      {{"type", "Sequence"},
                       {"normalizers",
                        {{{"type", "Prepend"}, {"prepend", "▁"}},
                         {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}}}}},
                     {"decoder",
                      {{"type", "Sequence"},
                       {"decoders",
                        {{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                         {{"type", "ByteFallback"}},
                         {{"type", "Fuse"}},
                         {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}}},
                     {"model",
                      {{"type", "BPE"},
                       {"unk_token", "<unk>"},
                       {"fuse_unk", true},
                       {"byte_fallback", true},
                       {"vocab", {{"<unk>", 0}, {"▁", 1}, {"a", 2}, {"▁a", 3}, {"<0xC3>", 4}, {"<0xA9>", 5}}},
                       {"merges", json::array({"▁ a"})}}}};
  const auto tokenizer = load(folder, file);
  EXPECT_THAT(tokenizer.encode("a aé"), ElementsAre(3, 3, 4, 5));
  EXPECT_THAT(tokenizer.encode("aöö"), ElementsAre(3, 0)) << "öö has a byte that is no token";
  EXPECT_EQ(tokenizer.decode(Ids{3, 3, 4, 5}, true), "a aé");
  EXPECT_EQ(tokenizer.decode(Ids{3, 4, 2}, true), "a\uFFFDa");
}

TEST(Tokenizer, SplitsByOnigurumasRulesNotByPcres) {
  TempDir folder;
  auto file = hello();
  const auto tokens_with = [&](const std::string& pattern, const std::string& text) {
    const json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
    file["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}},
          byte_level}}};
    return load(folder, file).encode(text).size();
  };
  // "hello" is one token where it is not cut, and "he" + "ll" + "o" where it is cut around "ll".
  EXPECT_EQ(tokens_with("x", "hello"), 1u);
  EXPECT_EQ(tokens_with("l{,2}o", "hello"), 3u) << "{,2} is {0,2}: he|llo";
  EXPECT_EQ(tokens_with(R"(\h)", "hello"), 4u) << "\\h is a hexadecimal digit: h|e|llo";
  EXPECT_EQ(tokens_with("(?m:e.)", "he\nllo"), 5u) << "m lets the dot match a newline: h|e\\n|llo";
}

TEST(Tokenizer, CutsAtCharactersThatAreNewerThanTheUnicodeTablesOfPcre) {
  TempDir folder;
  auto file = byte_level_tokenizer({{"a", "ð"}});
  const auto tokenizer = load(folder, file);
  // U+31350 is a letter since Unicode 15, so " a" and it are one word, in which a and its first byte F0 merge.
  EXPECT_EQ(tokenizer.encode("a\U00031350").front(), tokenizer.token_to_id("að"));
  // U+1F600 is a symbol.
  EXPECT_EQ(tokenizer.encode("a\U0001F600").front(), tokenizer.token_to_id("a"));
}

TEST(Tokenizer, RefusesWhatItDoesNotSupportByNameAndPlace) {
  TempDir folder;
  const auto with = [&](const std::string& pointer, const json& value) {
    auto file = hello();
    file[json::json_pointer(pointer)] = value;
    return load_error(folder, file);
  };
  EXPECT_THAT(with("/model/type", "WordPiece"), HasSubstr("model.type 'WordPiece' is not supported"));
  EXPECT_THAT(with("/model/dropout", 0.1), HasSubstr("model.dropout is 0.1"));
  EXPECT_THAT(with("/normalizer", {{"type", "Precompiled"}}),
              HasSubstr("normalizer.type \"Precompiled\" is not supported"));
  EXPECT_THAT(with("/pre_tokenizer", {{"type", "UnicodeScripts"}}), HasSubstr("pre_tokenizer.type \"UnicodeScripts\""));
  EXPECT_THAT(with("/decoder", {{"type", "CTC"}}), HasSubstr("decoder.type \"CTC\" is not supported"));
  EXPECT_THAT(with("/model/merges/0", {"h", "q", "x"}), HasSubstr("model.merges[0]"));
  EXPECT_THAT(with("/model/merges/1", {"h", "q"}), HasSubstr("model.merges[1]: 'hq' is not in the vocabulary"));
  EXPECT_THAT(with("/model/vocab/h", -1), HasSubstr("model.vocab: the id of 'h'"));
  EXPECT_THAT(with("/model/unk_token", "<unk>"), HasSubstr("model.unk_token '<unk>' is not in the vocabulary"));
  EXPECT_THAT(
      with("/pre_tokenizer",
           {{"type", "Split"}, {"pattern", {{"Regex", "[a&&[b]]"}}}, {"behavior", "Removed"}, {"invert", false}}),
      HasSubstr("pre_tokenizer.pattern.Regex: the regular expression '[a&&[b]]' has a class intersection at byte 2"));
  EXPECT_THAT(with("/pre_tokenizer",
                   {{"type", "Split"}, {"pattern", {{"Regex", "a("}}}, {"behavior", "Removed"}, {"invert", false}}),
              HasSubstr("is malformed"));
  EXPECT_THAT(with("/pre_tokenizer",
                   {{"type", "Split"}, {"pattern", {{"String", "a"}}}, {"behavior", "Odd"}, {"invert", false}}),
              HasSubstr("pre_tokenizer.behavior must be Removed, Isolated"));
  EXPECT_EQ(with("/normalizer", nullptr), "");
}

TEST(Tokenizer, NamesTheFileThatIsMissingOrMalformed) {
  TempDir folder;
  const auto message = [&] {
    try {
      Tokenizer::load(folder.path());
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_THAT(message(), HasSubstr("tokenizer.json: there is no such file"));
  folder.write("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 0}, \"merges\": [");
  EXPECT_THAT(message(), HasSubstr("tokenizer.json: malformed JSON at byte"));
  folder.write("tokenizer.json", "[]");
  EXPECT_THAT(message(), HasSubstr("has no model"));
  folder.write("tokenizer.json", hello().dump());
  folder.write("tokenizer_config.json", "{\"eos_token\": ");
  EXPECT_THAT(message(), HasSubstr("tokenizer_config.json: malformed JSON"));
}

TEST(Tokenizer, SaysSoWhenARegularExpressionRunsOutOfItsLimits) {
  TempDir folder;
  auto file = hello();
  file["pre_tokenizer"] = {
      {"type", "Split"}, {"pattern", {{"Regex", "(?:a|a|aa)*(?:b|d)"}}}, {"behavior", "Removed"}, {"invert", false}};
  const auto tokenizer = load(folder, file);
  try {
    tokenizer.encode(std::string(64, 'a') + "cb");
    FAIL() << "the search cannot have come to an end";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model);
    EXPECT_THAT(error.message(), HasSubstr("pre_tokenizer.pattern.Regex: the regular expression gave up"));
  }
}

}  // namespace
}  // namespace lmms_eval::local::testing
