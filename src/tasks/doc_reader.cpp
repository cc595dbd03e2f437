#include "tasks/doc_reader.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

bool all_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Json as_index(const std::string& text) { return text.size() < 10 ? Json(std::stoi(text)) : Json(text); }

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

}  // namespace

std::optional<Json> literal_list(const std::string& text) {
  const auto trimmed = trim(text);
  if (!trimmed.starts_with('[') || !trimmed.ends_with(']')) return std::nullopt;
  try {
    // Jinja's own expressions have Python's literals.
    const auto value = tmpl::Expression::parse(trimmed).evaluate(Json::object());
    const Json list = value.to_json();
    return list.is_array() ? std::optional(list) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

DocReader::DocReader(const TaskConfig& config, const std::vector<std::string>& columns)
    : text_(source(config, "doc_to_text", columns)),
      target_(source(config, "doc_to_target", columns)),
      choice_(source(config, "doc_to_choice", columns)),
      visual_(source(config, "doc_to_visual", columns)),
      description_(source(config, "description", {})),
      gen_prefix_(source(config, "gen_prefix", {})) {
  if (visual_.kind != Kind::unset && visual_.kind != Kind::column) {
    throw errors::config("{}: doc_to_visual '{}' is not a column of the data set (it has {})", config.place("doc_to_visual"),
                         as_text(config["doc_to_visual"]), join(columns, ", "));
  }
}

DocReader::Source DocReader::source(const TaskConfig& config, const std::string& field, const std::vector<std::string>& columns) const {
  Source source;
  source.field = field;
  const Json& value = config[field];
  if (value.is_null()) return source;
  if (is_function(value)) {
    throw errors::config("{}: {} needs the Python function {}, which this version has no native form of", config.place(field), field,
                         function_name(value));
  }
  if (!value.is_string()) {
    source.kind = Kind::literal;
    source.literal = value;
    return source;
  }
  const std::string text = value.get<std::string>();
  if (std::find(columns.begin(), columns.end(), text) != columns.end()) {
    source.kind = Kind::column;
    source.column = text;
    return source;
  }
  source.kind = Kind::template_text;
  tmpl::TemplateOptions options;
  options.name = config.place(field) + " " + field;
  if (field != "doc_to_visual") source.text = tmpl::Template::parse(text, options);
  return source;
}

Json DocReader::value(const Source& source, const Doc& doc) const {
  switch (source.kind) {
    case Kind::unset: return nullptr;
    case Kind::literal: return source.literal;
    case Kind::template_text: return source.text->render(doc.fields());
    case Kind::column: break;
  }
  const auto found = doc.fields().find(source.column);
  if (found == doc.fields().end()) throw errors::data("doc {} has no value in column '{}' ({})", doc.id(), source.column, source.field);
  return *found;
}

Json DocReader::text(const Doc& doc) const {
  Json text = value(text_, doc);
  if (text.is_null() && text_.kind == Kind::column) throw errors::data("doc {}: its column '{}' (doc_to_text) is null", doc.id(), text_.column);
  if (text.is_string() && text_.kind == Kind::template_text && has_choices() && all_digits(text.get<std::string>()))
    return as_index(text.get<std::string>());
  return text;
}

Json DocReader::target(const Doc& doc) const {
  Json target = value(target_, doc);
  if (target_.kind != Kind::template_text || !target.is_string()) return target;
  const std::string text = target.get<std::string>();
  if (has_choices() && all_digits(text)) return as_index(text);
  if (auto list = literal_list(text)) return *list;
  return target;
}

std::vector<std::string> DocReader::choices(const Doc& doc) const {
  Json value = this->value(choice_, doc);
  if (value.is_string()) {
    auto list = literal_list(value.get<std::string>());
    if (!list) throw errors::data("doc {}: doc_to_choice gave '{}', which is no list", doc.id(), one_line(value.get<std::string>(), 80));
    value = *list;
  }
  std::vector<std::string> choices;
  if (value.is_array() || value.is_object())
    for (const auto& item : value) choices.push_back(as_text(item));
  return choices;
}

std::vector<MediaRef> DocReader::visuals(const Doc& doc) const {
  if (visual_.kind == Kind::unset) return {};
  const auto media = doc.media(visual_.column);
  return {media.begin(), media.end()};
}

std::string DocReader::description(const Doc& doc) const {
  const Json text = value(description_, doc);
  return text.is_string() ? text.get<std::string>() : std::string();
}

std::string DocReader::gen_prefix(const Doc& doc) const {
  const Json text = value(gen_prefix_, doc);
  return text.is_string() ? text.get<std::string>() : std::string();
}

}  // namespace lmms_eval
