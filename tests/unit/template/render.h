#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lmms_eval/error.h"
#include "template/template.h"

namespace lmms_eval::tmpl {

using Json = nlohmann::ordered_json;

inline TemplateOptions lenient() {
  TemplateOptions options;
  options.strict_undefined = false;
  return options;
}

/// A context of {} is an empty one.
inline std::string render(std::string_view source, const Json& context = Json::object(),
                          const TemplateOptions& options = {}) {
  return Template::parse(source, options).render(context.is_null() ? Json::object() : context);
}

inline std::string render_chat(std::string_view source, const Json& context = Json::object()) {
  return render(source, context, TemplateOptions::chat_template());
}

/// The message of the error that parsing or rendering ends with; empty if it does not.
inline std::string error_of(std::string_view source, const Json& context = Json::object(),
                            const TemplateOptions& options = {}) {
  try {
    render(source, context, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.message();
  }
  return {};
}

inline TemplateOptions named(std::string name) {
  TemplateOptions options;
  options.name = std::move(name);
  return options;
}

}  // namespace lmms_eval::tmpl
