#include "tasks/functions/option_list.h"

#include <cmath>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/text.h"
#include "template/literal.h"
#include "template/operators.h"

namespace lmms_eval::functions {
namespace {

/// "choice_a..choice_d" → choice_a, choice_b, choice_c, choice_d. Nothing for any other text.
std::vector<std::string> column_range(const std::string& text) {
  const auto dots = text.find("..");
  if (dots == text.npos || dots == 0 || dots + 3 > text.size()) return {};
  const std::string first = text.substr(0, dots), last = text.substr(dots + 2);
  if (first.size() != last.size() || first.compare(0, first.size() - 1, last, 0, last.size() - 1) != 0) return {};
  std::vector<std::string> columns;
  for (int c = first.back(); c <= last.back(); ++c)
    columns.push_back(first.substr(0, first.size() - 1) + static_cast<char>(c));
  return columns;
}

/// The list or map that a text holds, as Python or as JSON writes it.
Json container_in(const std::string& text, std::int64_t doc, const std::string& source) {
  if (auto value = tmpl::literal_container(text)) return *value;
  Json json = Json::parse(text, nullptr, false);
  if (json.is_structured()) return json;
  throw errors::data("doc {}: '{}' (options) holds '{}', which is no list in Python or JSON", doc, source,
                     one_line(text, 80));
}

}  // namespace

std::string letter_at(std::size_t place) {
  if (place >= 26) throw errors::data("there are more than 26 options; letters end at Z");
  return std::string(1, static_cast<char>('A' + place));
}

const std::vector<Parameter>& OptionList::parameters() {
  static const std::vector<Parameter> kParameters = {
      {"options", Type::texts}, {"skip", Type::texts}, {"strip_options", Type::boolean}, {"reletter", Type::boolean}};
  return kParameters;
}

OptionList::OptionList(const Arguments& arguments)
    : skip_(arguments.has("skip") ? arguments.texts("skip") : std::vector<std::string>{"null"}),
      strips_(arguments.flag("strip_options")),
      reletters_(arguments.flag("reletter")) {
  if (arguments["options"].is_array()) {
    columns_ = arguments.texts("options");
    if (columns_.empty()) throw arguments.wrong("options", "names no column");
    return;
  }
  source_ = arguments.text("options", "options");
  const bool range = source_.find("..") != source_.npos && source_.find('{') == source_.npos;
  if (range) columns_ = column_range(source_);
  if (range && columns_.empty())
    throw arguments.wrong("options", "'" + source_ + "' is no range of columns like A..E or choice_a..choice_d");
  if (!range) column_.emplace(arguments.doc_text_of(source_, "options"));
}

bool OptionList::skipped(const Json& value) const {
  for (const auto& rule : skip_) {
    if (rule == "null" && value.is_null()) return true;
    if (rule == "nan" && value.is_number_float() && std::isnan(value.get<double>())) return true;
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (rule == "empty" ? python_strip(text).empty() : text == rule) return true;
  }
  return false;
}

/// (letter, value) of each option, those to be skipped too. A column that the doc lacks is no option.
std::vector<std::pair<std::string, Json>> OptionList::all(const Doc& doc) const {
  std::vector<std::pair<std::string, Json>> options;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (const auto found = doc.fields().find(columns_[i]); found != doc.fields().end())
      options.emplace_back(letter_at(i), *found);
  if (!column_) {
    if (options.empty())
      throw errors::data("doc {} has none of the columns {} (options)", doc.id(), join(columns_, ", "));
    return options;
  }
  Json value = column_->value(doc);
  if (value.is_string()) value = container_in(value.get<std::string>(), doc.id(), source_);
  if (!value.is_structured())
    throw errors::data("doc {}: '{}' (options) holds {}, which is no list", doc.id(), source_,
                       one_line(value.dump(), 60));
  if (value.is_object())
    for (const auto& [key, item] : value.items()) options.emplace_back(key, item);
  else
    for (std::size_t i = 0; i < value.size(); ++i) options.emplace_back(letter_at(i), value[i]);
  return options;
}

std::vector<Option> OptionList::of(const Doc& doc) const {
  std::vector<Option> options;
  for (auto& [letter, value] : all(doc)) {
    if (skipped(value)) continue;
    std::string text = tmpl::str(value);
    if (strips_) text = python_strip(text);
    options.push_back({reletters_ ? letter_at(options.size()) : letter, std::move(text)});
  }
  return options;
}

}  // namespace lmms_eval::functions
