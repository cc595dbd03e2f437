// mmmu_choice, egoschema_choice, mmau_choice: the letter in brackets, alone or before a full stop, else (not mmau) the
// option whose text occurs. Rules: parse_multi_choice_response of these benchmarks in lmms-eval.
#include "base/python_text.h"
#include "base/regex.h"
#include "filters/letters.h"

namespace lmms_eval::filters {
namespace {

constexpr std::string_view kEnds = ",.!?;:'";

std::string padded(const std::string& answer) { return " " + std::string(python_strip_each(answer, kEnds)) + " "; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

/// As Python's rfind: -1 where there is none.
std::ptrdiff_t last(const std::string& text, const std::string& part) {
  const auto at = text.rfind(part);
  return at == text.npos ? -1 : static_cast<std::ptrdiff_t>(at);
}

struct Candidate {
  std::string letter;
  std::ptrdiff_t position = 0;
};

/// The options whose text occurs in a long answer, with their last places.
std::vector<Candidate> by_option_text(const std::string& text, const std::vector<Option>& options) {
  std::vector<Candidate> found;
  if (python_split(text).size() <= 5) return found;
  const std::string lowered = lower_unicode(text);
  for (const auto& [letter, option] : options)
    if (const std::string wanted = lower_unicode(option); has(lowered, wanted))
      found.push_back({letter, last(lowered, wanted)});
  return found;
}

/// Those of the options that stand as before + letter + after; their places are the last of place_before + letter +
/// place_after.
std::vector<Candidate> marked(const std::string& text, const std::vector<Option>& options, const std::string& before,
                              const std::string& after, const std::string& place_before,
                              const std::string& place_after) {
  std::vector<Candidate> found;
  for (const auto& option : options)
    if (has(text, before + option.first + after))
      found.push_back({option.first, last(text, place_before + option.first + place_after)});
  return found;
}

/// numpy's argmax: the first of the largest.
std::optional<std::string> the_last(const std::vector<Candidate>& candidates) {
  const Candidate* best = nullptr;
  for (const auto& candidate : candidates)
    if (!best || candidate.position > best->position) best = &candidate;
  return best ? std::optional(best->letter) : std::nullopt;
}

std::optional<std::string> mmmu_choice(const std::string& answer, const std::vector<Option>& options) {
  const std::string text = padded(answer);
  auto found = marked(text, options, "(", ")", "(", ")");
  if (found.empty()) found = marked(text, options, "", " ", " ", " ");
  if (found.empty()) found = marked(text, options, "", ".", " ", " ");
  if (found.empty()) found = by_option_text(text, options);
  return the_last(found);
}

/// Like it, but of several forms the one that stands first counts.
std::optional<std::string> egoschema_choice(const std::string& answer, const std::vector<Option>& options) {
  const std::string text = padded(answer);
  std::vector<Candidate> found;
  for (const auto& [before, after] : {std::pair{"(", ")"}, std::pair{"", " "}, std::pair{"", "."}})
    for (auto& candidate : marked(text, options, before, after, before, after)) found.push_back(std::move(candidate));
  if (found.empty()) found = by_option_text(text, options);
  const Candidate* best = nullptr;
  for (const auto& candidate : found)
    if (!best || candidate.position < best->position) best = &candidate;
  return best ? std::optional(best->letter) : std::nullopt;
}

std::optional<std::string> mmau_choice(const std::string& answer, const std::vector<Option>& options) {
  const std::string text = padded(answer);
  auto found = marked(text, options, "(", ")", " ", " ");
  if (found.empty()) found = marked(text, options, " ", " ", " ", " ");
  if (found.empty()) found = marked(text, options, "", ".", " ", " ");
  return the_last(found);
}

const LetterFilter kMmmu{"mmmu_choice", "", mmmu_choice};
const LetterFilter kEgoschema{"egoschema_choice", "", egoschema_choice};
const LetterFilter kMmau{"mmau_choice", "ABCD", mmau_choice};

}  // namespace
}  // namespace lmms_eval::filters
