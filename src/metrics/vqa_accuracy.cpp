// The soft accuracy of VQA: an answer counts as right as far as people gave it.
#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "metrics/arguments.h"
#include "metrics/metric.h"
#include "metrics/vqa_contractions.h"
#include "metrics/words.h"

namespace lmms_eval::metrics {
namespace {

/// Lower case without commas and question marks; 's apart.
std::string tokenized(const std::string& answer) {
  std::string text = replace_all(replace_all(lower_unicode(answer), ",", ""), "?", "");
  return std::string(python_strip(replace_all(std::move(text), "'s", " 's")));
}

/// Number words as digits, no articles, contractions with their apostrophes.
std::string with_plain_words(const std::string& text) {
  static const std::map<std::string_view, std::string_view> kNumbers = {
      {"none", "0"}, {"zero", "0"}, {"one", "1"},   {"two", "2"},   {"three", "3"}, {"four", "4"},
      {"five", "5"}, {"six", "6"},  {"seven", "7"}, {"eight", "8"}, {"nine", "9"},  {"ten", "10"}};
  std::string result;
  const std::string lower = lower_unicode(text);
  for (std::string_view word : python_split(lower)) {
    if (const auto number = kNumbers.find(word); number != kNumbers.end()) word = number->second;
    if (word == "a" || word == "an" || word == "the") continue;
    if (!result.empty()) result += ' ';
    result += vqa_contraction(word);
  }
  return result;
}

std::string normalized(const std::string& answer, const std::string& how) {
  if (how == "none") return answer;
  const std::string text = how == "full" ? tokenized(answer) : answer;
  const std::string line(python_strip(replace_all(replace_all(text, "\n", " "), "\t", " ")));
  return with_plain_words(without_punctuation(line, Regex::cached(R"((?<=\d)(\,)+(?=\d))").search(line).has_value()));
}

std::string normalizer_of(const Json& arguments) {
  const std::string how = text(arguments, "normalizer", "full");
  if (how != "full" && how != "vqav2" && how != "none")
    throw errors::config("normalizer must be full, vqav2 or none, not '{}'", how);
  return how;
}

/// Mean over the people of how many others gave the answer: a third for each, at most one.
Json vqa_accuracy(const GenerationAnswer& answer, const Json& arguments) {
  if (answer.predictions.size() != 1)
    throw errors::data("vqa_accuracy needs one answer a doc, not {}", answer.predictions.size());
  const std::string how = normalizer_of(arguments);
  const std::string prediction = normalized(answer.predictions[0], how);
  std::vector<bool> same;
  for (const auto& reference : answer.references) same.push_back(normalized(reference, how) == prediction);
  const auto hits = std::count(same.begin(), same.end(), true);
  double sum = 0;
  for (const bool own : same) sum += std::min(1.0, static_cast<double>(hits - own) / 3);
  return same.empty() ? 0.0 : sum / static_cast<double>(same.size());
}

const Registration kRegistration{Metric{.name = "vqa_accuracy",
                                        .aggregation = "mean",
                                        .arguments = {"normalizer"},
                                        .check = [](const Json& arguments) { normalizer_of(arguments); },
                                        .generation = vqa_accuracy,
                                        .all_references = true}};

}  // namespace
}  // namespace lmms_eval::metrics
