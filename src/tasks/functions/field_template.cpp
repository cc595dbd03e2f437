#include "tasks/functions/field_template.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "template/operators.h"

namespace lmms_eval::functions {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> columns_of(const Doc& doc) {
  std::vector<std::string> names;
  for (const auto& [name, value] : doc.fields().items()) names.push_back(name);
  for (const auto& [name, media] : doc.all_media()) names.push_back(name);
  return names;
}

}  // namespace

std::string with_columns(const std::string& message, const std::vector<std::string>& columns) {
  // A name that is no column is the usual mistake.
  if (message.find("is undefined") == message.npos) return message;
  return message + " (the data set has the columns " + join(columns, ", ") + ")";
}

FieldTemplate::FieldTemplate(const std::string& source, tmpl::TemplateOptions options, const Json& variables)
    : template_(tmpl::Template::parse(source, std::move(options))),
      names_(template_.undeclared_variables()),
      variables_(Json::object()) {
  for (const auto& name : names_)
    if (variables.contains(name)) variables_[name] = variables[name];
}

std::string FieldTemplate::render(const Doc& doc, const Json& more, const tmpl::Template::OnNull& on_null) const {
  const bool columns_only = variables_.empty() && (!more.is_object() || more.empty());
  const auto rendered = [&](const Json& context) {
    return on_null ? template_.render(context, on_null) : template_.render(context);
  };
  if (columns_only) return rendered(doc.fields());
  Json context = Json::object();
  for (const auto& name : names_) {
    for (const Json* source : {&more, &doc.fields(), &variables_}) {
      const auto found = source->is_object() ? source->find(name) : source->end();
      if (found == source->end()) continue;
      context[name] = *found;
      break;
    }
  }
  return rendered(context);
}

DocText::DocText(const std::string& source, const std::string& place, const Json& variables) {
  if (source.find("{{") == source.npos && source.find("{%") == source.npos) {
    column_ = source;
    return;
  }
  tmpl::TemplateOptions options;
  options.name = place;
  options.keep_trailing_newline = true;
  template_.emplace_back(source, std::move(options), variables);
}

Json DocText::value(const Doc& doc, const Json& more) const {
  if (!template_.empty()) {
    try {
      return template_.front().render(doc, more);
    } catch (const Error& error) {
      throw errors::data("{}", with_columns(error.message(), columns_of(doc)));
    }
  }
  const auto found = doc.fields().find(column_);
  if (found == doc.fields().end())
    throw errors::data("doc {} has no value in column '{}' (it has {})", doc.id(), column_,
                       join(columns_of(doc), ", "));
  return *found;
}

std::string DocText::text(const Doc& doc, const Json& more) const {
  const Json value = this->value(doc, more);
  if (value.is_null()) throw errors::data("doc {}: its column '{}' is null", doc.id(), column_);
  return tmpl::str(value);
}

}  // namespace lmms_eval::functions
