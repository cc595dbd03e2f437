#include "tasks/fewshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<data::Split> numbered(const TempDir& folder, int rows) {
  std::string lines;
  for (int i = 0; i < rows; ++i) lines += "{\"n\": " + std::to_string(i) + "}\n";
  return data::open_json({folder.write("n.jsonl", lines)}, "");
}

std::vector<std::int64_t> ids(const std::vector<Doc>& docs) {
  std::vector<std::int64_t> list;
  for (const auto& doc : docs) list.push_back(doc.id());
  return list;
}

// random.Random(1234): sample(range(10), 3) gives [7, 1, 0], then [1, 0, 9], then [1, 5, 3].
TEST(FewshotSampler, DrawsOneStreamAsPythonDoes) {
  const TempDir folder;
  FewshotSampler sampler({numbered(folder, 10)}, 1234);
  EXPECT_THAT(ids(sampler.examples(Doc(7, {{"n", 7}}), 3)), ElementsAre(7, 1, 0));
  EXPECT_THAT(ids(sampler.examples(Doc(7, {{"n", 7}}), 3)), ElementsAre(1, 0, 9));
  EXPECT_THAT(ids(sampler.examples(Doc(7, {{"n", 7}}), 3)), ElementsAre(1, 5, 3));
}

TEST(FewshotSampler, DrawsOneMoreFromTheEvaluatedSplitAndLeavesTheDocOut) {
  const TempDir folder;
  FewshotSampler sampler({.split = numbered(folder, 10), .drop_own_row = true}, 1234);
  EXPECT_THAT(ids(sampler.examples(Doc(1, {{"n", 1}}), 2)), ElementsAre(7, 0));
  EXPECT_THAT(ids(sampler.examples(Doc(5, {{"n", 5}}), 2)), ElementsAre(1, 0));
}

TEST(FewshotSampler, FirstNTakesTheFirstOthers) {
  const TempDir folder;
  FewshotSampler sampler({.split = numbered(folder, 10), .first_n = true, .drop_own_row = true}, 1234);
  EXPECT_THAT(ids(sampler.examples(Doc(1, {{"n", 1}}), 3)), ElementsAre(0, 2, 3));
  EXPECT_THAT(ids(sampler.examples(Doc(9, {{"n", 9}}), 3)), ElementsAre(0, 1, 2));
}

// Of the docs 0, 1, 0, 1 three are drawn; where both copies of the evaluated one, 1, are among them, too few are left.
TEST(FewshotSampler, DrawsAnewWhenCopiesOfTheDocWereDrawn) {
  const TempDir folder;
  std::shared_ptr<data::Split> split =
      data::open_json({folder.write("n.jsonl", "{\"n\": 0}\n{\"n\": 1}\n{\"n\": 0}\n{\"n\": 1}\n")}, "");
  FewshotSampler sampler({.split = split, .drop_equal = true}, 1234);
  for (int i = 0; i < 10; ++i)
    for (const auto& example : sampler.examples(Doc(9, {{"n", 1}}), 2)) EXPECT_EQ(example.fields()["n"], 0);
  EXPECT_THAT(error_of([&] { sampler.examples(Doc(9, {{"n", 1}}), 3); }), HasSubstr("only 2 docs differ from it"));
}

TEST(FewshotSampler, AsLmmsEvalMayLeaveTooFewExamples) {
  const TempDir folder;
  FewshotSampler all({.split = numbered(folder, 3), .drop_equal = true, .as_lmms_eval_07 = true}, 1234);
  EXPECT_EQ(all.examples(Doc(1, {{"n", 1}}), 3).size(), 2U);
  FewshotSampler more({.split = numbered(folder, 3), .drop_equal = true, .as_lmms_eval_07 = true, .one_more = true},
                      1234);
  EXPECT_EQ(more.examples(Doc(1, {{"n", 1}}), 2).size(), 2U);
  FewshotSampler first({.split = numbered(folder, 3), .first_n = true, .drop_equal = true, .as_lmms_eval_07 = true},
                       1234);
  EXPECT_THAT(ids(first.examples(Doc(1, {{"n", 1}}), 2)), ElementsAre(0));
}

TEST(FewshotSampler, TakesOnlyTheRowsThatAreNamed) {
  const TempDir folder;
  FewshotSampler sampler({.split = numbered(folder, 10), .rows = {{8, 2}}, .first_n = true}, 1234);
  EXPECT_THAT(ids(sampler.examples(Doc(1, {{"n", 1}}), 2)), ElementsAre(8, 2));
  EXPECT_THAT(error_of([&] { sampler.require(3, "t"); }), HasSubstr("only 2 docs"));
}

TEST(FewshotSampler, RequiresEnoughDocs) {
  const TempDir folder;
  const FewshotSampler other({numbered(folder, 3), "split 'train'"}, 1);
  const FewshotSampler same({.split = numbered(folder, 3), .name = "split 'test'", .drop_own_row = true}, 1);
  EXPECT_NO_THROW(other.require(3, "t"));
  EXPECT_THAT(error_of([&] { same.require(3, "t"); }),
              HasSubstr("task t: 3 few-shot examples are asked for, but split 'test'"));
}

Turn turn(const std::string& question, const std::string& answer, const std::string& picture = {}) {
  Turn turn{{}, question, std::nullopt, "", " ", "\n\n"};
  if (!answer.empty()) turn.answer = answer;
  if (!picture.empty()) turn.media.push_back(MediaRef::from_bytes(MediaKind::image, "x", picture));
  return turn;
}

Turn with_prefix(Turn turn, const std::string& gen_prefix) {
  turn.gen_prefix = gen_prefix;
  return turn;
}

std::string laid_out(const std::string& system, const std::vector<Turn>& examples, const Turn& question,
                     bool multiturn = false) {
  Request request;
  request.messages = layout_messages(system, examples, question, multiturn);
  return shown(request);
}

TEST(LayoutMessages, PutsExamplesIntoOneTurnWithTheirMedia) {
  EXPECT_EQ(laid_out("Sys", {turn("Q1", "A1", "1.png"), turn("Q2", "A2", "2.png")}, turn("Q3", "", "3.png")),
            "[system]Sys[user]<1.png>Q1 A1\n\n<2.png>Q2 A2\n\n<3.png>Q3");
  EXPECT_EQ(laid_out("Sys", {turn("Q1", "A1")}, turn("Q2", "")), "[system]Sys[user]Q1 A1\n\nQ2");
  EXPECT_EQ(layout_messages("Sys", {turn("Q1", "A1")}, turn("Q2", ""), false)[1].parts.size(), 1U);
}

TEST(LayoutMessages, PutsExamplesIntoTurnsOfTheirOwn) {
  EXPECT_EQ(laid_out("", {turn("Q1", "A1", "1.png")}, with_prefix(turn("Q2", "", "2.png"), "So:"), true),
            "[user]<1.png>Q1[assistant]A1[user]<2.png>Q2[assistant]So:");
}

TEST(LayoutMessages, AnExampleWithoutAnswerIsItsQuestionAlone) {
  EXPECT_EQ(laid_out("", {turn("Q1", ""), turn("Q2", "A2")}, turn("Q3", "")), "[user]Q1Q2 A2\n\nQ3");
  EXPECT_EQ(laid_out("", {turn("Q1", "")}, turn("Q2", ""), true), "[user]Q1[user]Q2");
}

TEST(LayoutMessages, AnEmptyAnswerIsAnAnswer) {
  Turn example = turn("Q1", "");
  example.answer = "";
  EXPECT_EQ(laid_out("", {example}, turn("Q2", "")), "[user]Q1 \n\nQ2");
  EXPECT_EQ(laid_out("", {example}, turn("Q2", ""), true), "[user]Q1[assistant][user]Q2");
}

TEST(LayoutMessages, ExamplesBeginTheirAnswersAsTheQuestionDoes) {
  EXPECT_EQ(laid_out("", {with_prefix(turn("Q1", "A1"), "So:")}, with_prefix(turn("Q2", ""), "So:")),
            "[user]Q1 So: A1\n\nQ2[assistant]So:");
  EXPECT_EQ(laid_out("", {with_prefix(turn("Q1\n", "A1"), "So: ")}, turn("Q2", "")), "[user]Q1\nSo: A1\n\nQ2");
}

TEST(LayoutMessages, HasTheSameRawTextInOneTurnAndInSeveral) {
  const auto raw = [](bool multiturn) {
    std::string text;
    for (const auto& message : layout_messages("Sys", {turn("Q1", "A1"), with_prefix(turn("Q2", "A2"), "So:")},
                                               with_prefix(turn("Q3", ""), "So:"), multiturn))
      text += message.parts.at(0).text + message.raw_delimiter;
    return text;
  };
  EXPECT_EQ(raw(false), "SysQ1 A1\n\nQ2 So: A2\n\nQ3 So:");
  EXPECT_EQ(raw(true), raw(false));
}

TEST(LayoutMessages, DelimitsABegunAnswerInRawTextOnly) {
  const auto delimiter = [](const Turn& question) { return layout_messages("", {}, question, false)[0].raw_delimiter; };
  EXPECT_EQ(delimiter(with_prefix(turn("Q", ""), "So:")), " ");
  EXPECT_EQ(delimiter(with_prefix(turn("Q\n", ""), "So:")), "");
  EXPECT_EQ(delimiter(with_prefix(turn("Q", ""), " So:")), "");
  EXPECT_EQ(delimiter(turn("Q", "")), "");
}

TEST(JoinDelimited, UsesTheDelimiterOnlyWithoutWhiteSpaceAtTheJoin) {
  EXPECT_EQ(join_delimited("a", "b", "\n\n"), "a\n\nb");
  EXPECT_EQ(join_delimited("a ", "b", "\n\n"), "a b");
  EXPECT_EQ(join_delimited("a", "\nb", "\n\n"), "a\nb");
  EXPECT_EQ(join_delimited("", "b", "\n\n"), "b");
  EXPECT_EQ(join_delimited("a", "", "\n\n"), "a");
}

}  // namespace
}  // namespace lmms_eval
