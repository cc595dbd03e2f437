#include <algorithm>
#include <string_view>

#include "base/errors.h"
#include "base/regex.h"
#include "metrics/metric.h"

namespace lmms_eval::metrics {
namespace {

constexpr std::string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

bool flag(const Json& arguments, const char* name) {
  return arguments.contains(name) && arguments[name].is_boolean() && arguments[name].get<bool>();
}

std::string normalized(std::string text, const Json& arguments) {
  if (arguments.contains("regexes_to_ignore") && arguments["regexes_to_ignore"].is_array()) {
    for (const auto& pattern : arguments["regexes_to_ignore"])
      text = Regex::cached(pattern.get<std::string>()).replace_all(text, "");
  }
  if (flag(arguments, "ignore_case")) text = lower_unicode(text);
  if (flag(arguments, "ignore_punctuation"))
    std::erase_if(text, [](char c) { return kPunctuation.find(c) != kPunctuation.npos; });
  if (flag(arguments, "ignore_numbers")) std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

/// Element by element; one reference stands for all predictions, as NumPy broadcasts.
Json exact_match(const GenerationAnswer& answer, const Json& arguments) {
  const auto& [predictions, references] = answer;
  if (predictions.empty() || references.empty()) return 0.0;
  if (references.size() != predictions.size() && references.size() != 1 && predictions.size() != 1)
    throw errors::data("exact_match: {} predictions against {} references", predictions.size(), references.size());
  const std::size_t count = std::max(predictions.size(), references.size());
  double hits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& prediction = predictions[predictions.size() == 1 ? 0 : i];
    const auto& reference = references[references.size() == 1 ? 0 : i];
    hits += normalized(prediction, arguments) == normalized(reference, arguments);
  }
  return hits / static_cast<double>(count);
}

/// A right choice is what the model would have said by itself.
Json greedy(const ChoicesAnswer& answer, const Json&) {
  for (std::size_t i = 0; i < answer.is_greedy.size(); ++i)
    if (answer.is_greedy[i] && answer.is_gold(i)) return 1.0;
  return 0.0;
}

void check(const Json& arguments) {
  for (const auto& [key, value] : arguments.items()) {
    if (value.is_null()) continue;
    if (key != "regexes_to_ignore") {
      if (!value.is_boolean()) throw errors::config("{} must be true or false, not {}", key, value.dump());
      continue;
    }
    if (!value.is_array()) throw errors::config("regexes_to_ignore must be a list of regular expressions");
    for (const auto& pattern : value) {
      if (!pattern.is_string()) throw errors::config("regexes_to_ignore must hold texts, not {}", pattern.dump());
      Regex::cached(pattern.get<std::string>());
    }
  }
}

const Registration kRegistration{
    Metric{.name = "exact_match",
           .aggregation = "mean",
           .arguments = {"regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers"},
           .check = check,
           .generation = exact_match,
           .choices = greedy}};

}  // namespace
}  // namespace lmms_eval::metrics
