#include "tasks/doc_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/captured_log.h"
#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

const std::vector<std::string> kColumns = {"question", "answer", "label", "options", "image", "picture", "score"};

Doc example() {
  return Doc(5,
             {{"question", "Why?"},
              {"answer", "so"},
              {"label", 1},
              {"options", {"x", "y"}},
              {"picture", "sub/p.png"},
              {"score", 2.0}},
             {{"image", {MediaRef::from_bytes(MediaKind::image, "bytes", "i.png")}}});
}

DocReader reader(const TempDir& folder, const std::string& yaml) {
  return DocReader(TaskConfig(YamlFile::load(folder.write("a.yaml", yaml))), kColumns, folder.path());
}

TEST(DocReader, TakesColumnsTemplatesAndLiterals) {
  const TempDir folder;
  EXPECT_EQ(reader(folder, "doc_to_text: question\n").text(example()), "Why?");
  EXPECT_EQ(reader(folder, "doc_to_text: \"{{question}} {{options|join('/')}} {{score}}\"\n").text(example()),
            "Why? x/y 2.0");
  EXPECT_EQ(reader(folder, "doc_to_text: just this\n").text(example()), "just this");
  EXPECT_EQ(reader(folder, "doc_to_text: |\n  {{question}}\n  end\n").text(example()), "Why?\nend\n");
  EXPECT_EQ(reader(folder, "doc_to_visual: image\ndoc_to_text: |\n  {{question}}\n  end\n").text(example()),
            "Why?\nend");
  EXPECT_EQ(reader(folder, "doc_to_text: 1\n").text(example()), 1);
  EXPECT_EQ(reader(folder, "doc_to_target: [a, b]\n").target(example()), (Json{"a", "b"}));
  EXPECT_EQ(reader(folder, "doc_to_target: label\n").target(example()), 1);
}

TEST(DocReader, ReadsDigitsAsAnIndexOnlyWhereThereAreChoices) {
  const TempDir folder;
  EXPECT_EQ(reader(folder, "doc_to_target: \"{{label}}\"\n").target(example()), "1");
  EXPECT_EQ(reader(folder, "doc_to_target: \"{{label}}\"\ndoc_to_choice: options\n").target(example()), 1);
  EXPECT_EQ(reader(folder, "doc_to_text: \"{{label}}\"\ndoc_to_choice: options\n").text(example()), 1);
}

TEST(DocReader, ReadsAListInATargetsText) {
  const TempDir folder;
  EXPECT_EQ(reader(folder, "doc_to_target: \"{{options}}\"\n").target(example()), (Json{"x", "y"}));
  EXPECT_EQ(reader(folder, "doc_to_target: \"[not python]\"\n").target(example()), "[not python]");
}

TEST(DocReader, TakesChoicesFromAColumnAListAMapOrAText) {
  const TempDir folder;
  EXPECT_THAT(reader(folder, "doc_to_choice: options\n").choices(example()), ElementsAre("x", "y"));
  EXPECT_THAT(reader(folder, "doc_to_choice: [a, 2]\n").choices(example()), ElementsAre("a", "2"));
  EXPECT_THAT(reader(folder, "doc_to_choice: {A: first, B: second}\n").choices(example()),
              ElementsAre("first", "second"));
  EXPECT_THAT(reader(folder, "doc_to_choice: \"{{[answer, 'it\\\\'s']}}\"\n").choices(example()),
              ElementsAre("so", "it's"));
  EXPECT_THAT(error_of([&] { reader(folder, "doc_to_choice: \"{{answer}}\"\n").choices(example()); }),
              HasSubstr("which is no list"));
}

TEST(DocReader, TakesVisualsFromMediaColumnsPathsAndDataUrls) {
  const TempDir folder;
  folder.write("sub/p.png", "from a file");
  const auto image = reader(folder, "doc_to_visual: image\n").visuals(example());
  ASSERT_EQ(image.size(), 1U);
  EXPECT_EQ(image[0].bytes(), "bytes");
  const auto picture = reader(folder, "doc_to_visual: picture\n").visuals(example());
  ASSERT_EQ(picture.size(), 1U);
  EXPECT_EQ(picture[0].bytes(), "from a file");
  const Doc several(0, {{"picture", {"sub/p.png", "data:audio/wav;base64,UklGRjEyMzRXQVZF"}}});
  const auto both = reader(folder, "doc_to_visual: picture\n").visuals(several);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].kind(), MediaKind::audio);
  EXPECT_TRUE(reader(folder, "doc_to_visual: picture\n").visuals(Doc(0, {{"picture", nullptr}})).empty());
  EXPECT_TRUE(reader(folder, "task: x\n").visuals(example()).empty());
}

TEST(DocReader, SaysWhatIsWrongWithAVisual) {
  const TempDir folder;
  EXPECT_THAT(error_of([&] { reader(folder, "task: x\ndoc_to_visual: imag\n"); }),
              AllOf(HasSubstr("a.yaml:2: doc_to_visual 'imag' is not a column"), HasSubstr("question, answer, label")));
  EXPECT_THAT(error_of([&] {
                reader(folder, "doc_to_visual: picture\n").visuals(Doc(4, {{"picture", "https://x.org/a.png"}}));
              }),
              HasSubstr("doc 4: column 'picture' (doc_to_visual) holds the URL"));
  EXPECT_THAT(error_of([&] { reader(folder, "doc_to_visual: label\n").visuals(example()); }),
              HasSubstr("neither a picture nor the path"));
}

TEST(DocReader, SaysOnceThatAColumnWithoutValueIsPrinted) {
  const TempDir folder;
  const auto task =
      reader(folder, "task: t\ndoc_to_text: |\n  Say\n  {{question}} {% if answer %}{{answer}}{% endif %}\n");
  const Doc empty(3, {{"question", nullptr}, {"answer", nullptr}});
  const CapturedLog log;
  EXPECT_EQ(task.text(empty), "Say\nNone \n");
  task.text(empty);
  EXPECT_EQ(log.count("has no value"), 1U) << log.text();
  EXPECT_THAT(log.text(), HasSubstr("a.yaml:2 doc_to_text:2:3: task t, doc 3: 'question' has no value"));
}

TEST(DocReader, NamesPlaceAndColumnsForAnUndefinedName) {
  const TempDir folder;
  EXPECT_THAT(error_of([&] { reader(folder, "task: x\ndoc_to_text: \"{{questoin}}\"\n").text(example()); }),
              AllOf(HasSubstr("a.yaml:2 doc_to_text"), HasSubstr("'questoin' is undefined"),
                    HasSubstr("the columns question, answer")));
  EXPECT_THAT(error_of([&] { reader(folder, "task: x\ndoc_to_text: \"{{question\"\n"); }),
              HasSubstr("a.yaml:2 doc_to_text"));
}

TEST(DocReader, RefusesFunctionsWithTheirName) {
  const TempDir folder;
  EXPECT_THAT(error_of([&] { reader(folder, "task: x\ndoc_to_text: !function utils.text\n"); }),
              HasSubstr("a.yaml:2: doc_to_text needs the Python function utils.text"));
}

}  // namespace
}  // namespace lmms_eval
