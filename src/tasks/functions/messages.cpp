// doc_to_messages: interleaved.
#include "base/python_text.h"
#include "base/regex.h"
#include "tasks/functions/function.h"

namespace lmms_eval::functions {
namespace {

/// lmms-eval's rule for pictures inside a text (mmmu): before the i-th picture the text before the i-th mark, after the
/// last picture the text after the last mark. A picture that is mentioned twice takes the text between with it.
std::vector<Part> interleaved(const std::vector<std::string>& texts, const std::vector<MediaRef>& visuals) {
  std::vector<Part> parts;
  const auto add = [&](const std::string& text) {
    if (const auto stripped = python_strip(text); !stripped.empty())
      parts.push_back(Part::of_text(std::string(stripped)));
  };
  for (std::size_t i = 0; i < visuals.size(); ++i) {
    if (i + 1 < texts.size()) add(texts[i]);
    parts.push_back(Part::of_media(visuals[i]));
  }
  add(texts.back());
  return parts;
}

PartsFunction make_interleaved(const Arguments& arguments) {
  const auto marker = std::make_shared<const Regex>(arguments.text("marker", "<image(?: \\d+)?>"));
  return [marker](const std::string& text, const std::vector<MediaRef>& visuals) {
    return interleaved(marker->split(text), visuals);
  };
}

const Registration kInterleaved{{"interleaved", {"doc_to_messages"}, {{"marker", Type::text}}, make_interleaved}};

}  // namespace
}  // namespace lmms_eval::functions
