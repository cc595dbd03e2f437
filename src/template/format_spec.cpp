// Python's format specification mini-language: [[fill]align][sign][z][#][0][width][grouping][.precision][type]
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "template/failure.h"
#include "template/operators.h"
#include "template/printf.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

constexpr std::int64_t kMaxWidth = 1'000'000;

struct Spec {
  std::string fill = " ";
  char align = 0;
  char sign = '-';
  bool alternate = false;
  bool zero = false;
  std::int64_t width = 0;
  char grouping = 0;
  std::int64_t precision = -1;
  char type = 0;
};

std::int64_t read_number(std::string_view spec, std::size_t& at, std::int64_t fallback) {
  if (at >= spec.size() || spec[at] < '0' || spec[at] > '9') return fallback;
  std::int64_t number = 0;
  for (; at < spec.size() && spec[at] >= '0' && spec[at] <= '9'; ++at) {
    number = number * 10 + (spec[at] - '0');
    if (number > kMaxWidth) throw failure("width or precision is too large");
  }
  return number;
}

bool is_align(char c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

Spec parse_spec(std::string_view text, const Value& value) {
  Spec spec;
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  std::size_t after = 0;
  if (!text.empty()) next_code_point(text, after);
  if (after < text.size() && is_align(text[after])) {
    spec.fill = std::string(text.substr(0, after));
    spec.align = text[after];
    at = after + 1;
  } else if (is_align(peek())) {
    spec.align = text[at++];
  }
  const bool explicit_fill = at > 1;
  if (peek() == '+' || peek() == '-' || peek() == ' ') spec.sign = text[at++];
  if (peek() == '#') spec.alternate = true, ++at;
  if (peek() == '0') {
    spec.zero = true;
    ++at;
    if (!explicit_fill) spec.fill = "0";
    if (spec.align == 0 && !value.is_string()) spec.align = '=';
  }
  spec.width = read_number(text, at, 0);
  if (peek() == ',' || peek() == '_') spec.grouping = text[at++];
  if (peek() == '.') {
    ++at;
    spec.precision = read_number(text, at, -1);
    if (spec.precision < 0) throw failure("Format specifier missing precision");
  }
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size()) throw failure("Invalid format specifier '{}'", text);
  return spec;
}

std::string group(const std::string& digits, char mark, std::size_t size) {
  if (mark == 0) return digits;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % size == 0) out += mark;
    out += digits[i];
  }
  return out;
}

std::string aligned(const Spec& spec, char default_align, const std::string& prefix, const std::string& body) {
  const auto length = static_cast<std::int64_t>(count_code_points(prefix) + count_code_points(body));
  const auto missing = std::max<std::int64_t>(spec.width - length, 0);
  const auto align = spec.align == 0 ? default_align : spec.align;
  const auto fill = [&](std::int64_t count) { return repeat(spec.fill, count); };
  switch (align) {
    case '<':
      return prefix + body + fill(missing);
    case '^':
      return fill(missing / 2) + prefix + body + fill(missing - missing / 2);
    case '=':
      return prefix + fill(missing) + body;
    default:
      return fill(missing) + prefix + body;
  }
}

std::string sign_of(bool negative, const Spec& spec) {
  return negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
}

/// Zero padding takes part in grouping: format(1234, '08,') is 0,001,234.
std::string zero_padded_groups(const Spec& spec, std::string digits, std::size_t prefix_length, std::size_t tail_length,
                               std::size_t size) {
  auto grouped = group(digits, spec.grouping, size);
  if (!(spec.align == '=' && spec.fill == "0") || spec.grouping == 0) return grouped;
  while (static_cast<std::int64_t>(grouped.size() + prefix_length + tail_length) < spec.width) {
    digits.insert(0, 1, '0');
    grouped = group(digits, spec.grouping, size);
  }
  return grouped;
}

std::string print(const char* format, std::int64_t precision, double number) {
  std::string text(static_cast<std::size_t>(precision) + 400, '\0');
  const auto size = std::snprintf(text.data(), text.size(), format, static_cast<int>(precision), number);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// The form without a type: like %g but with a digit after the point.
std::string general_with_point(double magnitude, std::int64_t precision) {
  precision = std::max<std::int64_t>(precision, 1);
  const auto scientific = print("%.*e", precision - 1, magnitude);
  const auto exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  const bool fixed = exponent >= -4 && exponent + 1 <= precision - 1;
  const auto e = scientific.find('e');
  auto digits = fixed ? print("%.*f", precision - 1 - exponent, magnitude) : scientific.substr(0, e);
  if (digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.' && fixed) digits += '0';
    if (digits.back() == '.') digits.pop_back();
  }
  return fixed ? digits : digits + scientific.substr(e);
}

std::string format_floating(double number, const Spec& spec) {
  const auto magnitude = std::abs(number);
  std::string body;
  const auto precision = spec.precision < 0 ? 6 : spec.precision;
  switch (spec.type) {
    case 'e':
      body = print(spec.alternate ? "%#.*e" : "%.*e", precision, magnitude);
      break;
    case 'E':
      body = print(spec.alternate ? "%#.*E" : "%.*E", precision, magnitude);
      break;
    case 'f':
      body = print(spec.alternate ? "%#.*f" : "%.*f", precision, magnitude);
      break;
    case 'F':
      body = print(spec.alternate ? "%#.*F" : "%.*F", precision, magnitude);
      break;
    case 'g':
    case 'n':
      body = print(spec.alternate ? "%#.*g" : "%.*g", precision, magnitude);
      break;
    case 'G':
      body = print(spec.alternate ? "%#.*G" : "%.*G", precision, magnitude);
      break;
    case '%':
      body = print("%.*f", precision, magnitude * 100) + "%";
      break;
    case 0:
      body = spec.precision < 0 || !std::isfinite(number) ? repr_double(magnitude)
                                                          : general_with_point(magnitude, spec.precision);
      break;
    default:
      throw failure("Unknown format code '{}' for object of type 'float'", spec.type);
  }
  const auto whole = std::min(body.find_first_not_of("0123456789"), body.size());
  const auto tail = body.substr(whole);
  const auto sign = sign_of(std::signbit(number) && !std::isnan(number), spec);
  const auto digits = zero_padded_groups(spec, body.substr(0, whole), sign.size(), tail.size(), 3);
  return aligned(spec, '>', sign, digits + tail);
}

std::string format_integer(std::int64_t number, const Spec& spec) {
  if (spec.type != 0 && std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos) {
    return format_floating(static_cast<double>(number), spec);
  }
  if (spec.precision >= 0) throw failure("Precision not allowed in integer format specifier");
  const auto magnitude = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::string digits;
  std::string prefix;
  std::size_t size = 3;
  switch (spec.type) {
    case 'b':
      digits = fmt::format("{:b}", magnitude), prefix = "0b", size = 4;
      break;
    case 'o':
      digits = fmt::format("{:o}", magnitude), prefix = "0o", size = 4;
      break;
    case 'x':
      digits = fmt::format("{:x}", magnitude), prefix = "0x", size = 4;
      break;
    case 'X':
      digits = fmt::format("{:X}", magnitude), prefix = "0X", size = 4;
      break;
    case 'c': {
      if (number < 0 || number > 0x10FFFF) throw failure("%c arg not in range(0x110000)");
      std::string text;
      append_utf8(text, static_cast<char32_t>(number));
      return aligned(spec, '<', "", text);
    }
    case 0:
    case 'd':
    case 'n':
      digits = std::to_string(magnitude);
      break;
    default:
      throw failure("Unknown format code '{}' for object of type 'int'", spec.type);
  }
  if (spec.grouping == ',' && size == 4) throw failure("Cannot specify ',' with '{}'.", spec.type);
  const auto head = sign_of(number < 0, spec) + (spec.alternate ? prefix : "");
  return aligned(spec, '>', head, zero_padded_groups(spec, digits, head.size(), 0, size));
}

std::string format_string(const std::string& text, const Spec& spec) {
  if (spec.type != 0 && spec.type != 's') {
    throw failure("Unknown format code '{}' for object of type 'str'", spec.type);
  }
  if (spec.align == '=') throw failure("'=' alignment not allowed in string format specifier");
  if (spec.sign != '-' || spec.alternate || spec.grouping != 0)
    throw failure("Sign, '#', ',' not allowed in string format specifier");
  auto body = text;
  if (spec.precision >= 0) body.resize(byte_offset(body, static_cast<std::size_t>(spec.precision)));
  return aligned(spec, '<', "", body);
}

}  // namespace

std::string format_value(const Value& value, std::string_view text) {
  if (text.empty()) return str(value);
  if (value.is_undefined()) fail_undefined(value);
  const auto spec = parse_spec(text, value);
  if (value.is_string()) return format_string(value.as_string(), spec);
  if (value.is_integral()) return format_integer(value.as_int(), spec);
  if (value.is_float()) return format_floating(value.as_double(), spec);
  throw failure("unsupported format string passed to {}.__format__", type_name(value));
}

}  // namespace lmms_eval::tmpl
