// Renders templates for tests/parity/test_template.py: one case of JSON a line on standard input, one result a line on
// standard output, {"text": …} or {"error": …}.
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "lmms_eval/error.h"
#include "template/template.h"

using lmms_eval::tmpl::Expression;
using lmms_eval::tmpl::Template;
using lmms_eval::tmpl::TemplateOptions;
using nlohmann::ordered_json;

namespace {

TemplateOptions options_of(const ordered_json& test) {
  const auto chat = test.at("mode") == "chat";
  auto options = chat ? TemplateOptions::chat_template() : TemplateOptions{};
  const auto& changes = test.at("options");
  options.trim_blocks = changes.value("trim_blocks", options.trim_blocks);
  options.lstrip_blocks = changes.value("lstrip_blocks", options.lstrip_blocks);
  options.keep_trailing_newline = changes.value("keep_trailing_newline", options.keep_trailing_newline);
  options.strict_undefined = changes.value("strict_undefined", options.strict_undefined);
  const std::chrono::seconds now(test.at("now").get<std::int64_t>());
  options.clock = [now] { return std::chrono::system_clock::time_point(now); };
  return options;
}

ordered_json result_of(const ordered_json& test) {
  const auto options = options_of(test);
  const auto source = test.at("template").get<std::string>();
  const auto& context = test.at("context");
  try {
    if (test.value("expression", false)) {
      return {{"value", Expression::parse(source, options).evaluate(context).to_json()}};
    }
    return {{"text", Template::parse(source, options).render(context)}};
  } catch (const lmms_eval::Error& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << result_of(ordered_json::parse(line)).dump() << std::endl;
  }
}
