#include "report/table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

Results results_of(Json rows) {
  Results results;
  Json& document = *results.document;
  document["results"] = Json::object();
  document["n-shot"] = Json::object();
  document["higher_is_better"] = Json::object();
  document["n-samples"] = Json::object();
  for (auto& [name, row] : rows.items()) {
    document["results"][name] = row;
    document["higher_is_better"][name] = {{"exact_match", true}};
    document["n-samples"][name] = {{"answered", 7}, {"effective", 8}};
  }
  return results;
}

// The two tables were printed by lmms-eval 0.7.3.
TEST(ResultsTable, EqualsLmmsEvalsForPlainTasks) {
  const Json row = {{"exact_match,none", 0.5714},
                    {"exact_match_stderr,none", 0.2020},
                    {"exact_match_stderr_clt,none", 0.2020},
                    {"exact_match_stderr_clustered,none", "N/A"}};
  Json a = row, b = row;
  a["alias"] = "t_a";
  b["alias"] = "TaskB";
  Results results = results_of({{"t_a", a}, {"t_b", b}});
  (*results.document)["n-shot"] = {{"t_a", 0}, {"t_b", 0}};
  EXPECT_EQ(results_table(results),
            "|Tasks|Filter|n-shot|  Metric   |   |Value |   |Stderr|Stderr_CLT|\n"
            "|-----|------|-----:|-----------|---|-----:|---|-----:|---------:|\n"
            "|t_a  |none  |     0|exact_match|↑  |0.5714|±  | 0.202|     0.202|\n"
            "|TaskB|none  |     0|exact_match|↑  |0.5714|±  | 0.202|     0.202|\n");
}

TEST(ResultsTable, EqualsLmmsEvalsForAGroup) {
  const Json member = {
      {"exact_match,none", 0.5714}, {"exact_match_stderr,none", 0.2020}, {"exact_match_stderr_clt,none", 0.2020}};
  Json a = member, b = member;
  a["alias"] = " - t_a";
  b["alias"] = " - TaskB";
  Results results =
      results_of({{"g", {{"exact_match,none", 0.5714}, {"exact_match_stderr,none", 0.1429}, {"alias", "MyGroup"}}},
                  {"t_a", a},
                  {"t_b", b}});
  (*results.document)["n-shot"] = {{"t_a", 0}, {"t_b", 0}};
  EXPECT_EQ(results_table(results),
            "| Tasks  |Filter|n-shot|  Metric   |   |Value |   |Stderr|Stderr_CLT|\n"
            "|--------|------|-----:|-----------|---|-----:|---|-----:|----------|\n"
            "|MyGroup |none  |      |exact_match|↑  |0.5714|±  |0.1429|N/A       |\n"
            "| - t_a  |none  |     0|exact_match|↑  |0.5714|±  |0.2020|0.2020    |\n"
            "| - TaskB|none  |     0|exact_match|↑  |0.5714|±  |0.2020|0.2020    |\n");
}

// Printed by lmms_eval.utils.make_table.
TEST(ResultsTable, FoldsTheStabilityOverRepeatsIntoColumns) {
  Results results = results_of({{"t",
                                 {{"alias", "t"},
                                  {"exact_match,none", 0.5},
                                  {"exact_match_stderr,none", 0.25},
                                  {"exact_match_expected_accuracy,none", 2.0 / 3},
                                  {"exact_match_consensus_accuracy,none", 0.5},
                                  {"exact_match_internal_variance,none", 1.0 / 6},
                                  {"exact_match_consistency_rate,none", 0.25}}}});
  (*results.document)["n-shot"] = {{"t", 0}};
  EXPECT_EQ(results_table(results),
            "|Tasks|Filter|n-shot|  Metric   |   |Value|   |Stderr|  EA  |CA |  IV  | CR |\n"
            "|-----|------|-----:|-----------|---|----:|---|-----:|-----:|--:|-----:|---:|\n"
            "|t    |none  |     0|exact_match|↑  |  0.5|±  |  0.25|0.6667|0.5|0.1667|0.25|\n");
}

TEST(ResultsTable, ShowsHowManyDocsWereScoredWhenNotAllWere) {
  Results results = results_of({{"t", {{"alias", "t"}, {"exact_match,none", 1.0}, {"exact_match_stderr,none", 0.0}}}});
  (*results.document)["n-shot"] = {{"t", 0}};
  results.complete = false;
  const std::string table = results_table(results);
  EXPECT_NE(table.find("|  Docs  |"), std::string::npos) << table;
  EXPECT_NE(table.find("|7/8 docs|"), std::string::npos) << table;
}

TEST(ResultsTable, ShowsHowManyDocsOfAGroupWereScored) {
  Results results = results_of(
      {{"a", {{"exact_match,none", 0.5}, {"alias", "a"}}}, {"b", {{"exact_match,none", 0.5}, {"alias", "b"}}}});
  results.complete = false;
  auto& document = *results.document;
  document["group_subtasks"]["g"] = {"a", "b"};
  document["groups"]["g"] = {{"exact_match,none", 0.5}, {"alias", "g"}};
  EXPECT_NE(groups_table(results).find("14/16 docs"), std::string::npos) << groups_table(results);
  // A member without the metric has no part in the row.
  document["results"]["b"].erase("exact_match,none");
  EXPECT_NE(groups_table(results).find("7/8 docs"), std::string::npos) << groups_table(results);
}

TEST(MarkdownTable, NumbersHaveTheFewestDecimalsThatKeepAllValues) {
  EXPECT_EQ(markdown_table({"Value"}, {{"4.0000"}, {"10.0000"}}), "|Value|\n|----:|\n|    4|\n|   10|\n");
  EXPECT_EQ(markdown_table({"V"}, {{"0.5000"}, {"0.1230"}}), "|  V  |\n|----:|\n|0.500|\n|0.123|\n");
}

}  // namespace
}  // namespace lmms_eval
