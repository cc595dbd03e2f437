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
  FewshotSampler sampler(numbered(folder, 10), false, false, 1234);
  EXPECT_THAT(ids(sampler.examples(7, 3)), ElementsAre(7, 1, 0));
  EXPECT_THAT(ids(sampler.examples(7, 3)), ElementsAre(1, 0, 9));
  EXPECT_THAT(ids(sampler.examples(7, 3)), ElementsAre(1, 5, 3));
}

TEST(FewshotSampler, DrawsOneMoreFromTheEvaluatedSplitAndLeavesTheDocOut) {
  const TempDir folder;
  FewshotSampler sampler(numbered(folder, 10), false, true, 1234);
  EXPECT_THAT(ids(sampler.examples(1, 2)), ElementsAre(7, 0));
  EXPECT_THAT(ids(sampler.examples(5, 2)), ElementsAre(1, 0));
}

TEST(FewshotSampler, FirstNTakesTheFirstOthers) {
  const TempDir folder;
  FewshotSampler sampler(numbered(folder, 10), true, true, 1234);
  EXPECT_THAT(ids(sampler.examples(1, 3)), ElementsAre(0, 2, 3));
  EXPECT_THAT(ids(sampler.examples(9, 3)), ElementsAre(0, 1, 2));
}

TEST(FewshotSampler, RequiresEnoughDocs) {
  const TempDir folder;
  const FewshotSampler other(numbered(folder, 3), false, false, 1), same(numbered(folder, 3), false, true, 1);
  EXPECT_NO_THROW(other.require(3, "t", "train"));
  EXPECT_THAT(error_of([&] { same.require(3, "t", "test"); }),
              HasSubstr("task t: 3 few-shot examples are asked for, but split 'test'"));
}

Turn turn(const std::string& question, const std::string& answer, const std::string& picture = {}) {
  Turn turn{{}, question, answer};
  if (!picture.empty()) turn.media.push_back(MediaRef::from_bytes(MediaKind::image, "x", picture));
  return turn;
}

std::string laid_out(const PromptLayout& layout, const std::vector<Turn>& examples, const Turn& question) {
  Request request;
  request.messages = layout_messages(layout, examples, question);
  return shown(request);
}

TEST(LayoutMessages, PutsExamplesIntoOneTurnWithTheirMedia) {
  PromptLayout layout{"Sys", " ", "\n\n", "", false};
  EXPECT_EQ(laid_out(layout, {turn("Q1", "A1", "1.png"), turn("Q2", "A2", "2.png")}, turn("Q3", "", "3.png")),
            "[system]Sys[user]<1.png>Q1 A1\n\n<2.png>Q2 A2\n\n<3.png>Q3");
  EXPECT_EQ(laid_out(layout, {turn("Q1", "A1")}, turn("Q2", "")), "[system]Sys[user]Q1 A1\n\nQ2");
  EXPECT_EQ(layout_messages(layout, {turn("Q1", "A1")}, turn("Q2", ""))[1].parts.size(), 1U);
}

TEST(LayoutMessages, PutsExamplesIntoTurnsOfTheirOwn) {
  PromptLayout layout{"", " ", "\n\n", "So:", true};
  EXPECT_EQ(laid_out(layout, {turn("Q1", "A1", "1.png")}, turn("Q2", "", "2.png")),
            "[user]<1.png>Q1[assistant]A1[user]<2.png>Q2[assistant]So:");
}

TEST(JoinSystem, UsesTheDelimiterOnlyWithoutWhiteSpaceAtTheJoin) {
  EXPECT_EQ(join_system("a", "b", "\n\n"), "a\n\nb");
  EXPECT_EQ(join_system("a ", "b", "\n\n"), "a b");
  EXPECT_EQ(join_system("a", "\nb", "\n\n"), "a\nb");
  EXPECT_EQ(join_system("", "b", "\n\n"), "b");
  EXPECT_EQ(join_system("a", "", "\n\n"), "a");
}

}  // namespace
}  // namespace lmms_eval
