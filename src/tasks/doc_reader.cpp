#include "tasks/doc_reader.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "tasks/functions/media_in_text.h"
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

struct DocReader::Told {
  std::mutex mutex;
  std::set<std::string> nulls;
};

DocReader::DocReader(const TaskConfig& config, const std::vector<std::string>& columns, std::filesystem::path folder,
                     const std::string& model)
    : task_(config.text("task")), told_(std::make_shared<Told>()), data_{std::move(folder), columns} {
  const functions::Context context(config, model);
  text_ = source(context, "doc_to_text", columns);
  target_ = source(context, "doc_to_target", columns);
  choice_ = source(context, "doc_to_choice", columns);
  description_ = source(context, "description", {});
  gen_prefix_ = source(context, "gen_prefix", {});
  if (config.has("doc_to_messages"))
    parts_function_ = functions::make_parts(context, config["doc_to_messages"], "doc_to_messages");
  if (is_native_function(config["doc_to_visual"])) {
    visual_.kind = Kind::function;
    visual_function_ = functions::make_visual(context, config["doc_to_visual"], "doc_to_visual");
    return;
  }
  visual_ = source(context, "doc_to_visual", columns);
  if (visual_.kind != Kind::unset && visual_.kind != Kind::column) {
    throw errors::config("{}: doc_to_visual '{}' is not a column of the data set (it has {})",
                         config.place("doc_to_visual"), tmpl::str(config["doc_to_visual"]), join(columns, ", "));
  }
}

void DocReader::check_functions(const functions::Context& context) {
  const TaskConfig& config = context.config;
  for (const char* field : {"doc_to_text", "doc_to_target", "doc_to_choice"})
    if (is_native_function(config[field])) functions::make_value(context, field, config[field], field);
  if (is_native_function(config["doc_to_visual"]))
    functions::make_visual(context, config["doc_to_visual"], "doc_to_visual");
  if (config.has("doc_to_messages")) functions::make_parts(context, config["doc_to_messages"], "doc_to_messages");
  if (config.has("process_docs")) functions::make_docs(context, config["process_docs"], "process_docs");
}

DocReader::Source DocReader::source(const functions::Context& context, const std::string& field,
                                    const std::vector<std::string>& columns) const {
  const TaskConfig& config = context.config;
  Source source;
  source.field = field;
  const Json& value = config[field];
  if (value.is_null()) return source;
  if (is_function(value)) {
    throw errors::config("{}: {} needs the Python function {}, which this version has no native form of",
                         config.place(field), field, function_name(value));
  }
  if (is_native_function(value)) {
    source.kind = Kind::function;
    source.function = functions::make_value(context, field, value, field);
    return source;
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
  source.where = config.place(field) + " " + field;
  options.name = source.where;
  options.keep_trailing_newline = config.rules() == Rules::lm_eval;
  if (field != "doc_to_visual") source.text.emplace(text, std::move(options), context.variables);
  return source;
}

/// A row that lacks a field has null there, which Python prints as None: rarely what is meant.
void DocReader::warn_of_null(const Source& source, const Doc& doc, const std::string& column, int line, int at) const {
  const std::lock_guard lock(told_->mutex);
  if (!told_->nulls.insert(source.field + " " + column).second) return;
  spdlog::warn("{}:{}:{}: task {}, doc {}: '{}' has no value, the text says None there (said for the first doc only)",
               source.where, line, at, task_, doc.id(), column);
}

std::string DocReader::rendered(const Source& source, const Doc& doc) const {
  try {
    return source.text->render(doc, nullptr, [&](const std::string& column, int line, int at) {
      warn_of_null(source, doc, column, line, at);
    });
  } catch (const Error& error) {
    throw errors::data("{}", functions::with_columns(error.message(), data_.columns));
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
    case Kind::function:
      return source.function(doc, nullptr);
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

std::vector<MediaRef> DocReader::visuals(const Doc& doc) const {
  if (visual_.kind == Kind::unset) return {};
  if (visual_function_) return visual_function_(doc, data_);
  if (doc.has_media(visual_.column)) {
    const auto media = doc.media(visual_.column);
    return {media.begin(), media.end()};
  }
  const Json value = this->value(visual_, doc);
  std::vector<MediaRef> visuals;
  if (value.is_null()) return visuals;
  if (!value.is_array()) return {functions::media_in_text(doc, visual_.column, value, data_.folder)};
  for (const auto& item : value) visuals.push_back(functions::media_in_text(doc, visual_.column, item, data_.folder));
  return visuals;
}

std::vector<Part> DocReader::parts(const std::string& text, const std::vector<MediaRef>& visuals) const {
  return parts_function_ ? parts_function_(text, visuals) : std::vector<Part>();
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
