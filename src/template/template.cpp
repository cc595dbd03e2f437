#include "template/template.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "template/evaluator.h"
#include "template/parser.h"

namespace lmms_eval::tmpl {
namespace {

Error located(const TemplateOptions& options, Position at, const std::string& message) {
  return errors::config("{}:{}:{}: {}", options.name, at.line, at.column, message);
}

template <typename Parse>
std::shared_ptr<const Program> parse_program(const TemplateOptions& options, Parse&& parse) {
  try {
    return std::make_shared<const Program>(parse());
  } catch (const SyntaxFailure& error) {
    throw located(options, error.position(), error.message());
  }
}

ContextLookup lookup_in(const nlohmann::ordered_json& context) {
  if (!context.is_object())
    throw errors::internal("the context of a template must be an object, not {}", context.type_name());
  return [&context](const std::string& name) {
    const auto it = context.find(name);
    return it == context.end() ? Value::missing() : Value::from_json(*it);
  };
}

ContextLookup lookup_in(const Value& context) {
  if (!context.is_dict()) throw errors::internal("the context of a template must be a dict");
  return [&context](const std::string& name) {
    const auto* value = context.as_dict().find(name);
    return value == nullptr ? Value::missing() : *value;
  };
}

/// Runs `body` with an evaluator; what fails gets its place.
template <typename Body>
auto run(const Program& program, const TemplateOptions& options, const ContextLookup& context, Body&& body) {
  Evaluator evaluator(program, options, context);
  try {
    return body(evaluator);
  } catch (const RaisedByTemplate& error) {
    throw errors::config("{}", error.message());
  } catch (const Failure& error) {
    throw located(options, evaluator.position(), error.message());
  }
}

std::string render_with(const Program& program, const TemplateOptions& options, const ContextLookup& context) {
  return run(program, options, context, [](Evaluator& evaluator) { return evaluator.render(); });
}

/// A copy without anything that lives only as long as its render.
Value plain(const Value& value, int depth) {
  if (depth > kMaxNesting) throw failure("value is nested too deeply");
  count_work();
  if (const auto* items = value.sequence()) {
    std::vector<Value> copies;
    for (const auto& item : *items) copies.push_back(plain(item, depth + 1));
    return value.is_list() ? Value::list(std::move(copies)) : Value::tuple(std::move(copies));
  }
  if (value.is_dict()) {
    auto copy = std::make_shared<Dict>();
    for (const auto& [key, item] : value.as_dict().entries()) copy->set(plain(key, depth + 1), plain(item, depth + 1));
    return copy;
  }
  if (!value.is_object()) return value;
  if (!iterable(value)) throw failure("an expression must be plain data, not a {}", type_name(value));
  return plain(Value::list(to_vector(value)), depth + 1);
}

Value evaluate_with(const Program& program, const TemplateOptions& options, const ContextLookup& context) {
  return run(program, options, context, [](Evaluator& evaluator) {
    const auto value = evaluator.evaluate();
    if (value.is_undefined() && value.as_undefined().strict) fail_undefined(value);
    return plain(value, 0);
  });
}

}  // namespace

TemplateOptions TemplateOptions::chat_template() {
  TemplateOptions options;
  options.trim_blocks = true;
  options.lstrip_blocks = true;
  options.strict_undefined = false;
  options.immutable = true;
  options.chat = true;
  options.tojson = JsonStyle::plain;
  options.name = "chat template";
  return options;
}

Template Template::parse(std::string_view source, TemplateOptions options) {
  auto program = parse_program(options, [&] { return parse_template(source, options); });
  return {std::move(program), std::make_shared<const TemplateOptions>(std::move(options))};
}

std::string Template::render(const nlohmann::ordered_json& context) const {
  return render_with(*program_, *options_, lookup_in(context));
}

std::string Template::render(const nlohmann::ordered_json& context, const OnNull& on_null) const {
  const auto lookup = lookup_in(context);
  return run(*program_, *options_, lookup, [&](Evaluator& evaluator) {
    evaluator.tell_of_nulls([&](const std::string& name, Position at) {
      if (context.contains(name)) on_null(name, static_cast<int>(at.line), static_cast<int>(at.column));
    });
    return evaluator.render();
  });
}

std::string Template::render(const Value& context) const {
  return render_with(*program_, *options_, lookup_in(context));
}

std::vector<std::string> Template::undeclared_variables() const {
  std::vector<std::string> names;
  for (const auto& name : program_->externals) {
    if (find_global(name, *options_).is_missing()) names.push_back(name);
  }
  return names;
}

Expression Expression::parse(std::string_view source, TemplateOptions options) {
  auto program = parse_program(options, [&] { return parse_lone_expression(source); });
  return {std::move(program), std::make_shared<const TemplateOptions>(std::move(options))};
}

Value Expression::evaluate(const nlohmann::ordered_json& context) const {
  return evaluate_with(*program_, *options_, lookup_in(context));
}

Value Expression::evaluate(const Value& context) const {
  return evaluate_with(*program_, *options_, lookup_in(context));
}

}  // namespace lmms_eval::tmpl
