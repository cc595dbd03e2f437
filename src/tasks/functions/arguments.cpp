#include "base/errors.h"
#include "tasks/functions/function.h"
#include "template/operators.h"

namespace lmms_eval::functions {

const Json& Arguments::operator[](const std::string& name) const {
  static const Json kNull;
  const auto found = values_.find(name);
  return found == values_.end() ? kNull : *found;
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  return has(name) ? tmpl::str((*this)[name]) : otherwise;
}

std::vector<std::string> Arguments::texts(const std::string& name) const {
  const Json& value = (*this)[name];
  std::vector<std::string> texts;
  if (value.is_array())
    for (const auto& item : value) texts.push_back(item.is_null() ? "null" : tmpl::str(item));
  else if (!value.is_null())
    texts.push_back(tmpl::str(value));
  return texts;
}

std::optional<std::int64_t> Arguments::integer(const std::string& name) const {
  return has(name) ? std::optional((*this)[name].get<std::int64_t>()) : std::nullopt;
}

DocText Arguments::doc_text(const std::string& name, const std::string& otherwise) const {
  return doc_text_of(text(name, otherwise), name);
}

DocText Arguments::doc_text_of(const std::string& source, const std::string& name) const {
  return DocText(source, place(name) + " " + name, context_.variables);
}

std::string Arguments::place(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? context_.config.place(pointer_) : found->second;
}

Error Arguments::wrong(const std::string& name, const std::string& problem) const {
  return errors::config("{}: {} {}", place(name), name, problem);
}

}  // namespace lmms_eval::functions
