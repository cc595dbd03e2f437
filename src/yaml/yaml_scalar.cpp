#include "yaml/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string without_underscores(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (c != '_') digits += c;
  return digits;
}

bool all(std::string_view text, bool (*accepts)(char)) { return std::all_of(text.begin(), text.end(), accepts); }

bool is_digit_or_underscore(char c) { return is_digit(c) || c == '_'; }

/// [0-9][0-9_]*
bool is_digits(std::string_view text) {
  return !text.empty() && is_digit(text[0]) && all(text, is_digit_or_underscore);
}

std::optional<std::int64_t> integer(std::string_view digits, int base, bool negative) {
  const std::string clean = (negative ? "-" : "") + without_underscores(digits);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(clean.data(), clean.data() + clean.size(), value, base);
  if (error != std::errc() || end != clean.data() + clean.size()) return std::nullopt;
  return value;
}

/// a:b:c, each part but the first below 60.
bool is_sexagesimal(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() < 2 || !is_digits(parts[0])) return false;
  return std::all_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
    return (part.size() == 1 && is_digit(part[0])) ||
           (part.size() == 2 && part[0] >= '0' && part[0] <= '5' && is_digit(part[1]));
  });
}

std::optional<Json> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view body = text.substr(!text.empty() && (text[0] == '-' || text[0] == '+'));
  if (body.empty()) return std::nullopt;
  const auto as_json = [](std::optional<std::int64_t> value) {
    return value ? std::optional<Json>(*value) : std::nullopt;
  };
  if (body.starts_with("0b") && body.size() > 2) {
    if (!all(body.substr(2), [](char c) { return c == '0' || c == '1' || c == '_'; })) return std::nullopt;
    return as_json(integer(body.substr(2), 2, negative));
  }
  if (body.starts_with("0x") && body.size() > 2) {
    if (!all(body.substr(2),
             [](char c) { return is_digit(c) || c == '_' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }))
      return std::nullopt;
    return as_json(integer(body.substr(2), 16, negative));
  }
  if (body == "0") return Json(0);
  if (body[0] == '0') {
    if (!all(body.substr(1), [](char c) { return (c >= '0' && c <= '7') || c == '_'; })) return std::nullopt;
    return as_json(integer(body.substr(1), 8, negative));
  }
  if (is_digits(body)) return as_json(integer(body, 10, negative));
  if (!is_sexagesimal(body)) return std::nullopt;
  std::int64_t value = 0;
  for (const auto& part : split(body, ':')) value = value * 60 + integer(part, 10, false).value_or(0);
  return Json(negative ? -value : value);
}

/// The exponent of YAML 1.1 has a sign: e+3, E-10.
bool is_exponent(std::string_view text) {
  return text.size() >= 3 && (text[0] == 'e' || text[0] == 'E') && (text[1] == '+' || text[1] == '-') &&
         all(text.substr(2), is_digit);
}

std::optional<Json> parse_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  const std::string_view body = text.substr(has_sign);
  if (body == ".inf" || body == ".Inf" || body == ".INF")
    return Json(negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity());
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return Json(std::numeric_limits<double>::quiet_NaN());
  const auto point = body.find('.');
  if (point == body.npos) return std::nullopt;
  const std::string_view whole = body.substr(0, point);
  const auto exponent_at = std::min(body.find_first_of("eE"), body.size());
  if (exponent_at < point) return std::nullopt;
  const std::string_view fraction = body.substr(point + 1, exponent_at - point - 1);
  const std::string_view exponent = body.substr(exponent_at);
  if (!all(fraction, is_digit_or_underscore) || !(exponent.empty() || is_exponent(exponent))) return std::nullopt;
  if (exponent.empty() && is_sexagesimal(whole)) {
    double value = 0;
    for (const auto& part : split(whole, ':'))
      value = value * 60 + static_cast<double>(integer(part, 10, false).value_or(0));
    const std::string digits = "0." + without_underscores(fraction) + "0";
    value += std::stod(digits);
    return Json(negative ? -value : value);
  }
  if (whole.empty()) {
    if (has_sign || fraction.empty() || !is_digit(fraction[0])) return std::nullopt;
  } else if (!is_digits(whole)) {
    return std::nullopt;
  }
  const std::string clean = without_underscores(text.substr(text.starts_with('+')));
  double value = 0;
  const auto [end, error] = std::from_chars(clean.data(), clean.data() + clean.size(), value);
  if (error == std::errc::result_out_of_range) return Json(std::strtod(clean.c_str(), nullptr));
  if (error != std::errc() || end != clean.data() + clean.size()) return std::nullopt;
  return Json(value);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

Json yaml_plain_scalar(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) return true;
  if (is_one_of(text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) return false;
  if (const auto value = parse_float(text)) return *value;
  if (const auto value = parse_integer(text)) return *value;
  return text;
}

}  // namespace lmms_eval
