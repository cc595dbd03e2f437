#include "tasks/scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/captured_log.h"
#include "unit/tasks/task_yaml.h"

namespace lmms_eval {
namespace {

using namespace lmms_eval::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

/// Scores one doc under a YAML that has columns answer, label and choices.
class Scored {
 public:
  explicit Scored(const std::string& yaml, TaskOverrides overrides = {})
      : config_(YamlFile::load(folder_.write("a.yaml", yaml))),
        scorer_(config_, overrides),
        reader_(config_, {"answer", "label", "choices"}) {}

  std::vector<ScoredFilter> of(const Json& fields, const std::vector<Response>& responses, int repeats = 1) const {
    return scorer_.score(reader_, Doc(0, fields), responses, repeats);
  }
  /// The values of the first pipeline as a JSON object.
  Json values(const Json& fields, const std::vector<Response>& responses, int repeats = 1) const {
    Json values = Json::object();
    const auto scored = of(fields, responses, repeats);
    for (const auto& [metric, value] : scored.at(0).values) values[metric] = value;
    return values;
  }
  const Scorer& scorer() const { return scorer_; }

 private:
  TempDir folder_;
  TaskConfig config_;
  Scorer scorer_;
  DocReader reader_;
};

std::string refusal(const std::string& yaml) {
  return error_of([&] { Scored{yaml}; });
}

const std::string kGeneration = "doc_to_text: q\ndoc_to_target: answer\n";
const std::string kChoices =
    "output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: label\ndoc_to_choice: choices\n";

TEST(Scorer, ScoresGenerationByDefaultWithExactMatchOnStrippedTextForTasksWithMedia) {
  const Scored task(kGeneration + "doc_to_visual: answer\n");
  EXPECT_EQ(task.values({{"answer", "7"}}, {Response::answer(" 7\n")}).dump(), R"({"exact_match":1.0})");
  EXPECT_EQ(task.values({{"answer", "7"}}, {Response::answer("8")}).dump(), R"({"exact_match":0.0})");
  EXPECT_EQ(task.values({{"answer", 7}}, {Response::answer("7")}).dump(), R"({"exact_match":1.0})");
  const auto scored = task.of({{"answer", "7"}}, {Response::answer(" 7\n")});
  EXPECT_EQ(scored[0].filter, "none");
  EXPECT_EQ(*scored[0].filtered_resps, Json::array({"7"}));  // reasoning tags are on, so white space is stripped
}

TEST(Scorer, LeavesWhiteSpaceOfAnswersToTextAsLmEvalDoes) {
  const Scored task(kGeneration);
  EXPECT_EQ(task.values({{"answer", "7"}}, {Response::answer(" 7\n")})["exact_match"], 0.0);
  EXPECT_EQ(task.values({{"answer", "7"}}, {Response::answer("7")})["exact_match"], 1.0);
  EXPECT_EQ(task.values({{"answer", "7"}}, {Response::answer("<think>8?</think>\n\n7\n")})["exact_match"], 1.0);
  EXPECT_EQ(*task.of({{"answer", "7"}}, {Response::answer(" 7\n")})[0].filtered_resps, Json::array({" 7\n"}));
}

TEST(Scorer, CountsAnyOfSeveralTargets) {
  const Scored task(kGeneration + "metric_list:\n  - metric: exact_match\n  - metric: anls\n");
  EXPECT_EQ(task.values({{"answer", {"a", "seven"}}}, {Response::answer("seven")}).dump(),
            R"({"exact_match":1.0,"anls":1.0})");
  EXPECT_EQ(task.values({{"answer", {"a", "b"}}}, {Response::answer("seven")})["exact_match"], 0.0);
}

TEST(Scorer, TakesTheTextOfAChoiceAsGold) {
  const Scored task("doc_to_text: q\ndoc_to_target: label\ndoc_to_choice: choices\n");
  EXPECT_EQ(task.values({{"label", 1}, {"choices", {"cat", "dog"}}}, {Response::answer("dog")})["exact_match"], 1.0);
}

TEST(Scorer, RunsEachPipelineFromTheRawResponses) {
  const Scored task(
      kGeneration +
      "filter_list:\n  - name: strict\n    filter: [{function: take_first}]\n  - name: digits\n    filter:\n"
      "      - {function: regex, regex_pattern: '\\d+'}\n      - function: take_first\n");
  const auto scored = task.of({{"answer", "7"}}, {Response::answer("it is 7.")});
  ASSERT_EQ(scored.size(), 2U);
  EXPECT_EQ(scored[0].filter, "strict");
  EXPECT_EQ(scored[0].values[0].second, 0.0);
  EXPECT_EQ(scored[1].filter, "digits");
  EXPECT_EQ(scored[1].values[0].second, 1.0);
  EXPECT_EQ(*scored[1].filtered_resps, Json::array({"7"}));
}

TEST(Scorer, VotesOverRepeats) {
  const Scored task(kGeneration +
                    "filter_list:\n  - name: vote\n    filter: [{function: majority_vote}, {function: take_first}]\n");
  const std::vector<Response> responses = {Response::answer("8"), Response::answer("7"), Response::answer("7")};
  EXPECT_EQ(task.values({{"answer", "7"}}, responses, 3)["exact_match"], 1.0);
}

TEST(Scorer, StripsReasoningAfterTheFiltersUnlessToldNotTo) {
  TaskOverrides off;
  off.reasoning_tags = "none";
  const std::vector<Response> thought = {Response::answer("<think>hm</think> 7")};
  EXPECT_EQ(Scored(kGeneration).values({{"answer", "7"}}, thought)["exact_match"], 1.0);
  EXPECT_EQ(Scored(kGeneration, off).values({{"answer", "7"}}, thought)["exact_match"], 0.0);
  EXPECT_EQ(Scored(kGeneration + "reasoning_tags: none\n").values({{"answer", "7"}}, thought)["exact_match"], 0.0);
  EXPECT_EQ(Scored(kGeneration + "auto_strip_thinking: true\n", off).values({{"answer", "7"}}, thought)["exact_match"],
            1.0);
  EXPECT_EQ(Scored(kGeneration + "reasoning_tags: [['[', ']']]\n")
                .values({{"answer", "7"}}, {Response::answer("[x]7")})["exact_match"],
            1.0);
  EXPECT_THAT(refusal(kGeneration + "reasoning_tags: [['[']]\n"),
              HasSubstr("a.yaml:3: reasoning_tags must hold pairs"));
}

TEST(Scorer, GivesAMetricsPartsAsMetricsOfTheirOwn) {
  const Scored task(kGeneration + "metric_list: [{metric: rouge}, {metric: bleu, lowercase: true}]\n");
  const Json values = task.values({{"answer", {"a b", "b c"}}}, {Response::answer("b c")});
  EXPECT_EQ(values.dump(), R"({"rouge1":1.0,"rouge2":1.0,"rougeL":1.0,"rougeLsum":1.0,"bleu":[["a b","b c"],"b c"]})");
  const auto metrics = task.scorer().metrics();
  ASSERT_EQ(metrics.size(), 5U);
  EXPECT_EQ(metrics[3].name, "rougeLsum");
  EXPECT_EQ(task.scorer().aggregate("rouge2", std::vector<Json>{1.0, 0.5}, 0).value, 0.75);
  // The aggregation has the arguments.
  EXPECT_DOUBLE_EQ(task.scorer().aggregate("bleu", std::vector<Json>{Json::array({"A B C D", "a b c d"})}, 0).value,
                   100);
}

TEST(Scorer, ScoresChoicesByTheSumsAndByTheSumsPerCharacter) {
  const Scored task(kChoices +
                    "metric_list:\n  - metric: acc\n  - metric: acc_norm\n  - metric: exact_match\n  - {metric: f1, "
                    "aggregation: f1}\n");
  // The second wins by its sum, the third per code point: -3/4, -2/1, -2.5/6.
  const std::vector<Response> responses = {Response::likelihood(-3, false), Response::likelihood(-2, true),
                                           Response::likelihood(-2.5, false)};
  const Json choices = {"four", "\xc3\xa9", "sixsix"};
  EXPECT_EQ(task.values({{"label", 1}, {"choices", choices}}, responses).dump(),
            R"({"acc":1.0,"acc_norm":0.0,"exact_match":1.0,"f1":[1,1]})");
  EXPECT_EQ(task.values({{"label", 2}, {"choices", choices}}, responses).dump(),
            R"({"acc":0.0,"acc_norm":1.0,"exact_match":0.0,"f1":[2,1]})");
  EXPECT_EQ(task.values({{"label", "four"}, {"choices", choices}}, responses)["acc"], 0.0);
  EXPECT_EQ(task.values({{"label", {0, 1}}, {"choices", choices}}, responses)["acc"], 1.0);
  EXPECT_EQ(*task.of({{"label", 1}, {"choices", choices}}, responses)[0].filtered_resps->begin(),
            Json::array({-3.0, false}));
}

TEST(Scorer, CountsNoAnswerAsRightWhereTheTargetIsNoChoice) {
  const Scored task(kChoices);
  const std::vector<Response> responses = {Response::likelihood(-1, true), Response::likelihood(-2, false)};
  EXPECT_EQ(task.values({{"label", 5}, {"choices", {"a", "b"}}}, responses).dump(), R"({"acc":0.0,"acc_norm":0.0})");
}

TEST(Scorer, ScoresChoicesByBytesAndByProbabilities) {
  const Scored task(kChoices + "metric_list: [{metric: acc_bytes}, {metric: acc_norm}, {metric: brier_score}]\n");
  // Per code point the first wins, per byte the second.
  const std::vector<Response> responses = {Response::likelihood(-3, false), Response::likelihood(-2, false)};
  const Json values = task.values({{"label", 1}, {"choices", {"abcd", "\xc3\xa9\xc3\xa9"}}}, responses);
  EXPECT_EQ(values["acc_bytes"], 1.0);
  EXPECT_EQ(values["acc_norm"], 0.0);
  EXPECT_EQ(values["brier_score"][0], 1);
  EXPECT_DOUBLE_EQ(values["brier_score"][1][0].get<double>(), std::exp(-1.0) / (1 + std::exp(-1.0)));
  EXPECT_FALSE(task.scorer().wants_unconditional());
  EXPECT_FALSE(*task.scorer().metrics()[2].higher_is_better);
}

TEST(Scorer, TakesTheResponsesAfterTheChoicesAsThoseWithoutContext) {
  const Scored task(kChoices + "metric_list: [{metric: acc_mutual_info}, {metric: acc}]\n");
  EXPECT_TRUE(task.scorer().wants_unconditional());
  const std::vector<Response> responses = {Response::likelihood(-1, false), Response::likelihood(-2, false),
                                           Response::likelihood(-1, false), Response::likelihood(-5, false)};
  EXPECT_EQ(task.values({{"label", 1}, {"choices", {"a", "b"}}}, responses).dump(),
            R"({"acc_mutual_info":1.0,"acc":0.0})");
}

TEST(Scorer, PairsRollingLikelihoodsWithTheLengthOfTheTarget) {
  const Scored task("output_type: loglikelihood_rolling\ndoc_to_text: ''\ndoc_to_target: answer\n");
  EXPECT_EQ(task.values({{"answer", "two w\xc3\xb6rds "}}, {Response::likelihood(-6, false)}).dump(),
            R"({"word_perplexity":[-6.0,3],"byte_perplexity":[-6.0,11],"bits_per_byte":[-6.0,11]})");
  const auto metrics = task.scorer().metrics();
  EXPECT_EQ(metrics[0].aggregation, "weighted_perplexity");
  EXPECT_EQ(metrics[2].aggregation, "bits_per_byte");
}

TEST(Scorer, AddsTheErrorsOverDocsToEveryAggregation) {
  const Scored task("output_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: answer\n");
  const std::vector<Json> values = {-1.0, -3.0};
  EXPECT_DOUBLE_EQ(*task.scorer().aggregate("perplexity", values, 0).stderr_clt, 1.0);
  EXPECT_FALSE(task.scorer().aggregate("perplexity", values, 0).stderr_value);
}

TEST(Scorer, HasNoValueWithoutDocsAndNoErrorsForOne) {
  const Scored task(kGeneration + "metric_list: [{metric: exact_match, aggregation: median}, {metric: ter}]\n");
  EXPECT_TRUE(std::isnan(task.scorer().aggregate("exact_match", {}, 100).value));
  EXPECT_TRUE(std::isnan(task.scorer().aggregate("ter", {}, 100).value));
  const auto one = task.scorer().aggregate("exact_match", std::vector<Json>{1.0}, 100);
  EXPECT_EQ(one.value, 1.0);
  EXPECT_FALSE(one.stderr_value);
  EXPECT_FALSE(one.stderr_clt);
}

TEST(Scorer, ANullTargetOfChoicesIsNoWrongAnswer) {
  const Scored task(kChoices);
  EXPECT_THROW(task.values({{"answer", nullptr}, {"label", nullptr}},
                           {Response::likelihood(-1, false), Response::likelihood(-2, false)}),
               Error);
}

TEST(Scorer, ScoresLikelihoodsByValueAndGreediness) {
  const Scored task("output_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: answer\n");
  EXPECT_EQ(task.values({{"answer", "x"}}, {Response::likelihood(-1.5, true)}).dump(),
            R"({"perplexity":-1.5,"acc":1.0})");
}

TEST(Scorer, AsLmmsEvalTakesItsMedianItsDirectionOfTerAndItsDrawnLetters) {
  const std::string yaml =
      kGeneration +
      "metric_list:\n  - {metric: exact_match, aggregation: median}\n  - metric: ter\n"
      "filter_list:\n  - name: letter\n    filter: [{function: mmau_choice}, {function: take_first}]\n";
  const std::vector<Json> values = {0.0, 1.0, 0.0};
  const Scored ours(yaml);
  EXPECT_EQ(ours.scorer().aggregate("exact_match", values, 0).value, 0.0);
  EXPECT_EQ(ours.scorer().metrics()[1].higher_is_better, false);
  EXPECT_EQ(*ours.of({{"answer", "A"}}, {Response::answer("?")})[0].filtered_resps, Json::array({""}));
  TaskOverrides overrides;
  overrides.as_lmms_eval_07 = true;
  const Scored theirs(yaml, overrides);
  EXPECT_EQ(theirs.scorer().aggregate("exact_match", values, 0).value, 1.0);
  EXPECT_EQ(theirs.scorer().metrics()[1].higher_is_better, true);
  const Scored said(kGeneration + "metric_list: [{metric: ter, higher_is_better: false}]\n", overrides);
  EXPECT_EQ(said.scorer().metrics()[0].higher_is_better, false);
  const auto drawn = (*theirs.of({{"answer", "A"}}, {Response::answer("?")})[0].filtered_resps)[0].get<std::string>();
  EXPECT_THAT(drawn, ::testing::AnyOf("A", "B", "C", "D"));
}

TEST(Scorer, TakesAWholeNumberOrABooleanForTheIndexOfAChoice) {
  const Scored task(kChoices);
  const std::vector<Response> second = {Response::likelihood(-2, false), Response::likelihood(-1, false)};
  const auto acc = [&](const Json& label) {
    return task.values({{"label", label}, {"choices", {"a", "b"}}}, second)["acc"];
  };
  EXPECT_EQ(acc(1), 1.0);
  EXPECT_EQ(acc(1.0), 1.0);
  EXPECT_EQ(acc(true), 1.0);
  EXPECT_EQ(acc(false), 0.0);
  EXPECT_EQ(acc(0.5), 0.0);
}

TEST(Scorer, ScoresEachRepeatByItself) {
  const std::vector<Response> answers = {Response::answer("7"), Response::answer("8"), Response::answer("7")};
  using Repeats = std::vector<std::pair<std::string, std::vector<double>>>;
  const Scored task(kGeneration);
  EXPECT_EQ(task.of({{"answer", "7"}}, answers, 3).at(0).repeat_scores, (Repeats{{"exact_match", {1, 0, 1}}}));
  EXPECT_TRUE(task.of({{"answer", "7"}}, {answers[0]}).at(0).repeat_scores.empty());

  const Scored vote(kGeneration +
                    "filter_list:\n  - name: v\n    filter: [{function: majority_vote}, {function: take_first}]\n");
  EXPECT_EQ(vote.of({{"answer", "8"}}, answers, 3).at(0).repeat_scores, (Repeats{{"exact_match", {0, 1, 0}}}));
  EXPECT_EQ(vote.values({{"answer", "7"}}, answers, 3)["exact_match"], 1.0);

  // A share of the first k answers cannot be had from one.
  const Scored first(kGeneration + "filter_list:\n  - name: f\n    filter: [{function: take_first_k, k: 2}]\n");
  EXPECT_TRUE(first.of({{"answer", "7"}}, answers, 3).at(0).repeat_scores.empty());
}

TEST(Scorer, ScoresTheRepeatsOfChoices) {
  const Scored task(kChoices);
  const Json doc = {{"answer", "A"}, {"label", 1}, {"choices", {"x", "y"}}};
  const auto request = [](double logprob) { return Response::likelihood(logprob, false); };
  // Repeat by repeat within each choice: first the second choice is better, then the first.
  const auto scored = task.of(doc, {request(-2), request(-1), request(-1), request(-3)}, 2);
  ASSERT_FALSE(scored.at(0).repeat_scores.empty());
  EXPECT_EQ(scored[0].repeat_scores[0].first, "acc");
  EXPECT_EQ(scored[0].repeat_scores[0].second, (std::vector<double>{1, 0}));
}

TEST(Scorer, NamesTheFilterThatFails) {
  const Scored task(kGeneration +
                    "filter_list:\n  - name: x\n    filter:\n      - {function: regex, regex_pattern: '(a+)+$'}\n");
  EXPECT_THAT(error_of([&] {
                task.of({{"answer", "A"}}, {Response::answer(std::string(200, 'a') + "!")});
              }),
              HasSubstr("a.yaml:6: filter 'regex'"));
}

TEST(Scorer, SaysOnceThatATargetIsNoChoice) {
  const Scored task("task: t\n" + kChoices);
  const CapturedLog log;
  const std::vector<Response> two = {Response::likelihood(-2, false), Response::likelihood(-1, false)};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(task.values({{"label", 7}, {"choices", {"a", "b"}}}, two)["acc"], 0.0);
  EXPECT_EQ(log.count("task t, doc 0: its target 7 is not one of its 2 choices; no answer to it can be right"), 1U)
      << log.text();
}

TEST(Scorer, PassesAnswersThroughUnderPredictOnly) {
  TaskOverrides overrides;
  overrides.predict_only = true;
  const Scored task(kGeneration, overrides);
  EXPECT_EQ(task.values({{"answer", "A"}}, {Response::answer("A ")}).dump(), R"({"bypass":[["A"],["A "]]})");
  EXPECT_TRUE(task.scorer().metrics().empty());
  // Docs whose right answer nobody knows are what it is for.
  EXPECT_EQ(task.values({{"question", "?"}}, {Response::answer("A")}).dump(), R"({"bypass":[[],["A"]]})");
}

TEST(Scorer, ChecksMetricsWithFileAndLine) {
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: exact_macth\n"),
              AllOf(HasSubstr("a.yaml:4: unknown metric 'exact_macth'"), HasSubstr("did you mean 'exact_match'")));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: bleurt\n"),
              HasSubstr("a.yaml:4: metric 'bleurt' is not supported in this version"));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: acc\n"),
              HasSubstr("metric 'acc' needs output_type multiple_choice or loglikelihood"));
  EXPECT_THAT(refusal(kChoices + "metric_list:\n  - metric: anls\n"),
              HasSubstr("metric 'anls' needs output_type generate_until"));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: exact_match\n    aggregation: maen\n"),
              AllOf(HasSubstr("a.yaml:5: unknown aggregation 'maen'"), HasSubstr("did you mean 'mean'")));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: exact_match\n    aggregation: !function utils.agg\n"),
              HasSubstr("a.yaml:5: aggregation needs the Python function utils.agg"));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: exact_match\n    ignore_cas: true\n"),
              HasSubstr("takes no argument 'ignore_cas'; did you mean 'ignore_case'"));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: exact_match\n    ignore_case: maybe\n"),
              HasSubstr("metric 'exact_match': ignore_case must be true or false"));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - metric: exact_match\n    higher_is_better: maybe\n"),
              HasSubstr("a.yaml:5: higher_is_better must be"));
  EXPECT_THAT(refusal(kGeneration + "metric_list:\n  - exact_match\n"),
              HasSubstr("a.yaml:4: an entry of metric_list needs `metric`"));
}

TEST(Scorer, ChecksFiltersWithFileAndLine) {
  const std::string head = kGeneration + "filter_list:\n  - name: x\n    filter:\n";
  EXPECT_THAT(refusal(head + "      - function: take_frist\n"), HasSubstr("a.yaml:6: unknown filter 'take_frist'"));
  EXPECT_THAT(refusal(head + "      - function: !function utils.F\n"),
              HasSubstr("a.yaml:6: needs the Python class utils.F"));
  EXPECT_THAT(refusal(head + "      - {function: regex, regex_pattern: 'a('}\n"),
              HasSubstr("a.yaml:6: filter 'regex': regular expression 'a('"));
  EXPECT_THAT(refusal(kGeneration + "filter_list: []\n"), HasSubstr("a.yaml:3: filter_list has no pipeline"));
  EXPECT_THAT(refusal(kGeneration + "filter_list:\n  - filter: []\n"),
              HasSubstr("a.yaml:4: a pipeline of filter_list needs `name`"));
  EXPECT_THAT(refusal(kGeneration + "filter_list:\n  - {name: x, filter: []}\n  - {name: x, filter: []}\n"),
              HasSubstr("a.yaml:5: two pipelines are named 'x'"));
  EXPECT_THAT(refusal(kChoices + "filter_list:\n  - {name: x, filter: [{function: lowercase}]}\n"),
              HasSubstr("'lowercase' works on texts"));
  EXPECT_THAT(refusal(kChoices + "filter_list:\n  - {name: x, filter: []}\n"),
              HasSubstr("a pipeline needs the filter take_first"));
}

}  // namespace
}  // namespace lmms_eval
