// Filters on single values: default, int, float, round, tojson, attr …
#include <algorithm>
#include <cmath>

#include "template/arguments.h"
#include "template/json.h"
#include "template/registries.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

using F = FilterFunction;

Value default_value(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "default", {"default_value", "boolean"});
  if (input.is_undefined() || (p.flag(1, false) && !truth(input))) return p.get(0, Value(""));
  return input;
}

Value string(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "string", {});
  return input.is_string() ? input : Value(str(input));
}

/// int(float(value)), nothing where Python raises TypeError, ValueError or OverflowError.
std::optional<Value> integer_of_float(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  return Value(truncate_to_int(number));
}

Value to_int(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "int", {"default", "base"});
  if (input.is_undefined()) fail_undefined(input);
  if (input.is_integral()) return input.as_int();
  auto fallback = p.get(0, Value(0));
  if (input.is_float()) {
    if (std::isinf(input.as_double())) throw failure("cannot convert float infinity to integer");
    return integer_of_float(input.as_double()).value_or(fallback);
  }
  if (!input.is_string()) return fallback;
  if (const auto number = parse_int(input.as_string(), static_cast<int>(p.integer(1, 10)))) return *number;
  if (const auto number = parse_double(input.as_string())) return integer_of_float(*number).value_or(fallback);
  return fallback;
}

Value to_float(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "float", {"default"});
  if (input.is_undefined()) fail_undefined(input);
  if (input.is_number()) return input.as_double();
  if (input.is_string()) {
    if (const auto number = parse_double(input.as_string())) return *number;
  }
  return p.get(0, Value(0.0));
}

Value absolute(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "abs", {});
  if (input.is_undefined()) fail_undefined(input);
  if (!input.is_number()) throw failure("bad operand type for abs(): '{}'", type_name(input));
  if (input.is_float()) return std::abs(input.as_double());
  return input.as_int() < 0 ? negate(input) : Value(input.as_int());
}

Value round(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "round", {"precision", "method"});
  const auto method = p.text(1, "common");
  if (method != "common" && method != "ceil" && method != "floor")
    throw failure("method must be common, ceil or floor");
  if (input.is_undefined()) fail_undefined(input);
  if (!input.is_number()) throw failure("type {} doesn't define __round__ method", type_name(input));
  const auto digits = p.has(0) && p[0].is_none() ? 0 : p.integer(0, 0);
  if (method == "common") {
    if (p.has(0) && p[0].is_none() && input.is_float()) return truncate_to_int(std::nearbyint(input.as_double()));
    if (input.is_integral()) return round_integer(input.as_int(), digits);
    return round_decimal(input.as_double(), digits);
  }
  const auto scale = power(Value(10), Value(digits));
  const auto scaled = multiply(input, scale);
  auto whole = scaled;
  if (scaled.is_float()) {
    whole = truncate_to_int(method == "ceil" ? std::ceil(scaled.as_double()) : std::floor(scaled.as_double()));
  }
  return divide(whole, scale);
}

JsonFormat html_safe_format(const Parameters& p) {
  JsonFormat format;
  format.sort_keys = true;
  if (p.has(0) && !p[0].is_none()) {
    format.indented = true;
    format.item_separator = ",";
    format.indent = p[0].is_string() ? p[0].as_string() : repeat(" ", p.integer(0, 0));
  }
  return format;
}

std::string escape_for_html(const std::string& json) {
  std::string out;
  for (const char c : json) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      case '\'':
        out += "\\u0027";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void set_separators(JsonFormat& format, const Value& separators) {
  const auto parts = to_vector(separators);
  if (parts.size() != 2 || !parts[0].is_string() || !parts[1].is_string()) {
    throw failure("tojson: separators must be two strings, got {}", repr(separators));
  }
  format.item_separator = parts[0].as_string();
  format.key_separator = parts[1].as_string();
}

Value to_json(Runtime& runtime, const Value& input, Arguments arguments) {
  if (runtime.options().tojson == JsonStyle::jinja_html_safe) {
    const Parameters p(std::move(arguments), "tojson", {"indent"});
    return Value::markup(escape_for_html(dump_json(input, html_safe_format(p))));
  }
  const Parameters p(std::move(arguments), "tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonFormat format;
  format.ensure_ascii = p.flag(0, false);
  if (p.has(1) && !p[1].is_none()) {
    format.indented = true;
    format.item_separator = ",";
    format.indent = p[1].is_string() ? p[1].as_string() : repeat(" ", p.integer(1, 0));
  }
  if (p.has(2) && !p[2].is_none()) set_separators(format, p[2]);
  format.sort_keys = p.flag(3, false);
  return dump_json(input, format);
}

Value attribute(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "attr", {"name"}, 1);
  const auto name = p.text(0);
  if (input.is_undefined()) fail_undefined(input);
  if (runtime.python_attribute(input, name)) return runtime.get_attribute(input, name);
  return runtime.undefined(fmt::format("'{} object' has no attribute '{}'", type_name(input), name));
}

Value pretty(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "pprint", {});
  return repr(input);
}

Value file_size(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "filesizeformat", {"binary"});
  const auto number = input.is_string()   ? parse_double(input.as_string())
                      : input.is_number() ? std::optional<double>(input.as_double())
                                          : std::nullopt;
  if (!number) throw failure("could not convert {} to a number of bytes", repr(input));
  const bool binary = p.flag(0, false);
  const double base = binary ? 1024 : 1000;
  if (*number == 1) return "1 Byte";
  if (*number < base) return fmt::format("{} Bytes", truncate_to_int(*number));
  const char* prefix = "kMGTPEZY";
  double unit = base * base;
  while (*number >= unit && prefix[1] != '\0') {
    unit *= base;
    ++prefix;
  }
  const std::string name =
      binary ? std::string(1, *prefix == 'k' ? 'K' : *prefix) + "iB" : std::string(1, *prefix) + "B";
  return fmt::format("{:.1f} {}", base * *number / unit, name);
}

Value xml_attributes(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "xmlattr", {"autospace"});
  if (input.is_undefined()) fail_undefined(input);
  if (!input.is_dict()) throw failure("xmlattr needs a dict, not {}", type_name(input));
  std::string out;
  for (const auto& [key, value] : input.as_dict().entries()) {
    if (value.is_none() || value.is_undefined()) continue;
    const auto name = str(key);
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      throw failure("Invalid character in attribute name: {}", repr(key));
    }
    if (!out.empty()) out += ' ';
    out += escape_html(name) + "=\"" + escape_html(str(value)) + "\"";
  }
  return p.flag(0, true) && !out.empty() ? " " + out : out;
}

}  // namespace

const FilterTable& value_filters() {
  static const FilterTable table = {
      {"default", F{default_value}},
      {"d", F{default_value}},
      {"string", F{string}},
      {"int", F{to_int}},
      {"float", F{to_float}},
      {"abs", F{absolute}},
      {"round", F{round}},
      {"tojson", F{to_json}},
      {"attr", F{attribute}},
      {"pprint", F{pretty}},
      {"filesizeformat", F{file_size}},
      {"xmlattr", F{xml_attributes}},
  };
  return table;
}

}  // namespace lmms_eval::tmpl
