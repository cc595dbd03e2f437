#include "tasks/doc_reader.h"

#include <algorithm>

#include "base/base64.h"
#include "base/errors.h"
#include "base/text.h"
#include "data/media_kind.h"
#include "template/literal.h"
#include "template/operators.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

bool all_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Json as_index(const std::string& text) { return text.size() < 10 ? Json(std::stoi(text)) : Json(text); }

}  // namespace

DocReader::DocReader(const TaskConfig& config, const std::vector<std::string>& columns, std::filesystem::path folder)
    : folder_(std::move(folder)),
      columns_(columns),
      text_(source(config, "doc_to_text", columns)),
      target_(source(config, "doc_to_target", columns)),
      choice_(source(config, "doc_to_choice", columns)),
      visual_(source(config, "doc_to_visual", columns)),
      description_(source(config, "description", {})),
      gen_prefix_(source(config, "gen_prefix", {})) {
  if (visual_.kind != Kind::unset && visual_.kind != Kind::column) {
    throw errors::config("{}: doc_to_visual '{}' is not a column of the data set (it has {})",
                         config.place("doc_to_visual"), tmpl::str(config["doc_to_visual"]), join(columns, ", "));
  }
}

DocReader::Source DocReader::source(const TaskConfig& config, const std::string& field,
                                    const std::vector<std::string>& columns) const {
  Source source;
  source.field = field;
  const Json& value = config[field];
  if (value.is_null()) return source;
  if (is_function(value)) {
    throw errors::config("{}: {} needs the Python function {}, which this version has no native form of",
                         config.place(field), field, function_name(value));
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
  options.keep_trailing_newline = config.rules() == Rules::lm_eval;
  if (field != "doc_to_visual") source.text = tmpl::Template::parse(text, options);
  return source;
}

std::string DocReader::rendered(const Source& source, const Doc& doc) const {
  try {
    return source.text->render(doc.fields());
  } catch (const Error& error) {
    // A name that is no column is the usual mistake.
    const bool undefined = error.message().find("is undefined") != std::string::npos;
    throw errors::data("{}{}", error.message(),
                       undefined ? " (the data set has the columns " + join(columns_, ", ") + ")" : "");
  }
}

Json DocReader::value(const Source& source, const Doc& doc) const {
  switch (source.kind) {
    case Kind::unset:
      return nullptr;
    case Kind::literal:
      return source.literal;
    case Kind::template_text:
      return rendered(source, doc);
    case Kind::column:
      break;
  }
  const auto found = doc.fields().find(source.column);
  if (found == doc.fields().end())
    throw errors::data("doc {} has no value in column '{}' ({})", doc.id(), source.column, source.field);
  return *found;
}

Json DocReader::text(const Doc& doc) const {
  Json text = value(text_, doc);
  if (text.is_null() && text_.kind == Kind::column)
    throw errors::data("doc {}: its column '{}' (doc_to_text) is null", doc.id(), text_.column);
  if (text.is_string() && text_.kind == Kind::template_text && has_choices() && all_digits(text.get<std::string>()))
    return as_index(text.get<std::string>());
  return text;
}

Json DocReader::target(const Doc& doc) const {
  Json target = value(target_, doc);
  if (target_.kind != Kind::template_text || !target.is_string()) return target;
  const std::string text = target.get<std::string>();
  if (has_choices() && all_digits(text)) return as_index(text);
  if (auto list = tmpl::literal_list(text)) return *list;
  return target;
}

std::vector<std::string> DocReader::choices(const Doc& doc) const {
  Json value = this->value(choice_, doc);
  if (value.is_string()) {
    auto list = tmpl::literal_list(value.get<std::string>());
    if (!list)
      throw errors::data("doc {}: doc_to_choice gave '{}', which is no list", doc.id(),
                         one_line(value.get<std::string>(), 80));
    value = *list;
  }
  std::vector<std::string> choices;
  if (value.is_array() || value.is_object())
    for (const auto& item : value) choices.push_back(tmpl::str(item));
  return choices;
}

MediaRef DocReader::visual_in_text(const Doc& doc, const Json& value) const {
  if (!value.is_string()) {
    throw errors::data("doc {}: column '{}' (doc_to_visual) holds {}, which is neither a picture nor the path of one",
                       doc.id(), visual_.column, one_line(value.dump(), 60));
  }
  const std::string& text = value.get_ref<const std::string&>();
  if (const auto comma = text.find(";base64,"); text.starts_with("data:") && comma != text.npos) {
    std::string bytes = base64_decode(std::string_view(text).substr(comma + 8));
    const MediaKind kind = data::media_kind_of(bytes, "");
    return MediaRef::from_bytes(kind, std::move(bytes), "");
  }
  if (text.find("://") != text.npos)
    throw errors::data(
        "doc {}: column '{}' (doc_to_visual) holds the URL {}; only local files can be read in this version", doc.id(),
        visual_.column, one_line(text, 100));
  return MediaRef::from_file(data::media_kind_of("", text), (folder_ / text).string());
}

std::vector<MediaRef> DocReader::visuals(const Doc& doc) const {
  if (visual_.kind == Kind::unset) return {};
  if (doc.has_media(visual_.column)) {
    const auto media = doc.media(visual_.column);
    return {media.begin(), media.end()};
  }
  const Json value = this->value(visual_, doc);
  std::vector<MediaRef> visuals;
  if (value.is_null()) return visuals;
  if (!value.is_array()) return {visual_in_text(doc, value)};
  for (const auto& item : value) visuals.push_back(visual_in_text(doc, item));
  return visuals;
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
