#include "base/key_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> pieces;
  std::string piece;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote) {
      if (c == quote) quote = 0;
    } else if ((c == '\'' || c == '"') && (i == 0 || text[i - 1] != '\\')) {
      quote = c;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      pieces.push_back(std::exchange(piece, {}));
      continue;
    }
    piece += c;
  }
  pieces.push_back(piece);
  return pieces;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string without_quotes(const std::string& text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

bool is_none(const std::string& raw) { return raw == "None" || raw == "null" || raw == "none"; }

}  // namespace

std::optional<double> python_float(std::string_view text) {
  text = trim(text);
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      digits += text[i];
      continue;
    }
    // An underscore may only stand between two digits.
    const bool between = i > 0 && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i - 1])) &&
                         std::isdigit(static_cast<unsigned char>(text[i + 1]));
    if (!between) return std::nullopt;
  }
  std::string_view number = digits;
  double sign = 1;
  if (!number.empty() && (number[0] == '+' || number[0] == '-')) {
    if (number[0] == '-') sign = -1;
    number.remove_prefix(1);
  }
  const std::string lower = to_lower(number);
  if (lower == "inf" || lower == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (number.empty() || !(std::isdigit(static_cast<unsigned char>(number[0])) || number[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (end != number.data() + number.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Python gives inf for an overflow and 0 for an underflow.
    const bool small = number.find("e-") != number.npos || number.find("E-") != number.npos;
    return sign * (small ? 0.0 : std::numeric_limits<double>::infinity());
  }
  if (error != std::errc{}) return std::nullopt;
  return sign * value;
}

nlohmann::ordered_json convert_argument(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "true") return true;
  if (lower == "false") return false;
  if (all_digits(text)) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
  }
  if (auto number = python_float(text)) return *number;
  return std::string(text);
}

KeyValues KeyValues::parse(std::string_view text, std::string flag) {
  KeyValues result;
  result.flag_ = std::move(flag);
  text = trim(text);
  if (text.empty()) return result;
  for (const auto& piece_text : split_arguments(text)) {
    const std::string_view piece = trim(piece_text);
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    if (equals == piece.npos) {
      throw errors::usage(
          "{}: '{}' has no '='; write it as key=value (several ones separated by commas, a value with a comma "
          "in quotes)",
          result.flag_, piece);
    }
    const std::string key(piece.substr(0, equals));
    const std::string value(piece.substr(equals + 1));
    if (trim(key).empty()) throw errors::usage("{}: '{}' has no key before its '='", result.flag_, piece);
    result.values_[key] = convert_argument(value);
    result.raw_[key] = value;
  }
  return result;
}

std::vector<std::string> KeyValues::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : values_.items()) names.push_back(key);
  return names;
}

std::optional<std::string> KeyValues::text(const std::string& key) const {
  if (!values_.contains(key)) return std::nullopt;
  if (raw_.contains(key)) {
    const auto raw = raw_[key].get<std::string>();
    if (is_none(raw)) return std::nullopt;
    return without_quotes(raw);
  }
  const auto& value = values_[key];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<std::int64_t> KeyValues::integer(const std::string& key) const {
  const auto value = number(key);
  if (!value) return std::nullopt;
  if (std::floor(*value) != *value || std::abs(*value) > 9e15)
    throw errors::usage("{}: {}={} is not an integer", flag_, key, *value);
  return static_cast<std::int64_t>(*value);
}

std::optional<double> KeyValues::number(const std::string& key) const {
  if (!values_.contains(key)) return std::nullopt;
  const auto& value = values_[key];
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) {
    const auto raw = value.get<std::string>();
    if (is_none(raw)) return std::nullopt;
    if (auto parsed = python_float(without_quotes(raw))) return parsed;
  }
  throw errors::usage("{}: {}={} is not a number", flag_, key, *text(key));
}

std::optional<bool> KeyValues::boolean(const std::string& key) const {
  if (!values_.contains(key)) return std::nullopt;
  const auto& value = values_[key];
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer() && (value == 0 || value == 1)) return value == 1;
  if (value.is_string() && is_none(value.get<std::string>())) return std::nullopt;
  throw errors::usage("{}: {}={} is neither True nor False", flag_, key, *text(key));
}

}  // namespace lmms_eval
