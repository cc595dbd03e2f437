// str(), repr(), ascii() and the way back from text to numbers.
#include <charconv>
#include <cmath>

#include "base/python_json.h"
#include "template/failure.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

void append_repr(std::string& out, const Value& value, int depth);

void append_items(std::string& out, const std::vector<Value>& items, int depth) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(out, items[i], depth + 1);
  }
}

void append_repr(std::string& out, const Value& value, int depth) {
  if (depth > kMaxNesting) throw failure("value is nested too deeply");
  count_work();
  if (out.size() > kMaxTextBytes) throw failure("string is too long");
  switch (value.kind()) {
    case Kind::missing:
      out += "missing";
      return;
    // StrictUndefined has the repr of its base
    case Kind::undefined:
      out += "Undefined";
      return;
    case Kind::none:
      out += "None";
      return;
    case Kind::boolean:
      out += value.as_bool() ? "True" : "False";
      return;
    case Kind::integer:
      out += std::to_string(value.as_int());
      return;
    case Kind::floating:
      out += repr_double(value.as_double());
      return;
    case Kind::string:
      out += value.as_text().markup() ? "Markup(" + repr_text(value.as_string()) + ")" : repr_text(value.as_string());
      return;
    case Kind::list:
      out += '[';
      append_items(out, value.as_list().items, depth);
      out += ']';
      return;
    case Kind::tuple:
      out += '(';
      append_items(out, value.as_tuple().items, depth);
      out += value.as_tuple().items.size() == 1 ? ",)" : ")";
      return;
    case Kind::dict: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.as_dict().entries()) {
        if (!first) out += ", ";
        first = false;
        append_repr(out, key, depth + 1);
        out += ": ";
        append_repr(out, item, depth + 1);
      }
      out += '}';
      return;
    }
    case Kind::object:
      out += value.as_object().repr();
      return;
  }
}

void append_escape(std::string& out, char32_t c) {
  if (c < 0x100) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  } else if (c < 0x10000) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += fmt::format("\\U{:08x}", static_cast<unsigned>(c));
  }
}

/// Digits in ASCII: Python's int() and float() know all decimal digits of Unicode, and underscores between digits.
std::optional<std::string> plain_number(std::string_view text) {
  std::string plain;
  const auto trimmed = strip(text, nullptr, true, true);
  for (std::size_t at = 0; at < trimmed.size();) {
    const auto c = next_code_point(trimmed, at);
    if (c >= 0x80) return std::nullopt;
    plain += static_cast<char>(c);
  }
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] != '_') continue;
    const auto alnum = [&](std::size_t k) {
      return k < plain.size() && std::isalnum(static_cast<unsigned char>(plain[k]));
    };
    if (i == 0 || !alnum(i - 1) || !alnum(i + 1)) return std::nullopt;
  }
  std::erase(plain, '_');
  return plain;
}

}  // namespace

std::string str(const Value& value) {
  switch (value.kind()) {
    case Kind::string:
      return value.as_string();
    case Kind::undefined:
      if (value.as_undefined().strict) fail_undefined(value);
      return {};
    default:
      return repr(value);
  }
}

std::string str(const nlohmann::ordered_json& json) {
  return json.is_string() ? json.get<std::string>() : str(Value::from_json(json));
}

std::string repr(const Value& value) {
  std::string out;
  append_repr(out, value, 0);
  return out;
}

std::string repr_text(std::string_view text) {
  const bool double_quotes = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto c = next_code_point(text, at);
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !is_printable(c))) {
      append_escape(out, c);
    } else {
      out.append(text.substr(begin, at - begin));
    }
  }
  return out + quote;
}

std::string ascii(const Value& value) {
  const auto text = repr(value);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_code_point(text, at);
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      append_escape(out, c);
    }
  }
  return out;
}

std::string repr_double(double number) { return python_float_repr(number); }

std::optional<std::int64_t> parse_int(std::string_view text, int base) {
  auto plain = plain_number(text);
  if (!plain || (base != 0 && (base < 2 || base > 36))) return std::nullopt;
  std::string_view digits = *plain;
  bool negative = false;
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) {
    negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  if (digits.size() > 2 && digits[0] == '0') {
    const auto mark = static_cast<char>(digits[1] | 0x20);
    const int prefix = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (prefix != 0 && (base == prefix || base == 0)) {
      digits.remove_prefix(2);
      base = prefix;
    }
  }
  if (base == 0) {
    if (digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string_view::npos)
      return std::nullopt;
    base = 10;
  }
  if (digits.empty()) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (end != digits.data() + digits.size()) return std::nullopt;
  const auto limit = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (error == std::errc::result_out_of_range || number > limit) {
    throw failure("integer overflow: {} does not fit in 64 bits", *plain);
  }
  return negative ? static_cast<std::int64_t>(0 - number) : static_cast<std::int64_t>(number);
}

std::optional<double> parse_double(std::string_view text) {
  auto plain = plain_number(text);
  if (!plain || plain->empty()) return std::nullopt;
  std::string lowered = to_lower(*plain);
  std::string_view body = lowered;
  bool negative = false;
  if (body[0] == '+' || body[0] == '-') {
    negative = body[0] == '-';
    body.remove_prefix(1);
  }
  if (body == "inf" || body == "infinity") return negative ? -INFINITY : INFINITY;
  if (body == "nan") return NAN;
  if (body.empty() || !(std::isdigit(static_cast<unsigned char>(body[0])) || body[0] == '.')) return std::nullopt;
  if (body.find_first_not_of("0123456789.e+-") != std::string_view::npos) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), number);
  if (end != body.data() + body.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) number = std::strtod(std::string(body).c_str(), nullptr);
  return negative ? -number : number;
}

std::string replace_all(std::string_view text, std::string_view old, std::string_view fresh, std::int64_t count) {
  std::string out;
  std::size_t at = 0;
  const auto grow = [&](std::string_view part) {
    out += part;
    if (out.size() > kMaxTextBytes) throw failure("string is too long");
  };
  if (old.empty()) {
    while (at < text.size() && count != 0) {
      grow(fresh);
      const auto begin = at;
      next_code_point(text, at);
      grow(text.substr(begin, at - begin));
      --count;
    }
    if (count != 0 && at == text.size()) grow(fresh);
    return out + std::string(text.substr(at));
  }
  for (; count != 0; --count) {
    const auto found = text.find(old, at);
    if (found == std::string_view::npos) break;
    grow(text.substr(at, found - at));
    grow(fresh);
    at = found + old.size();
  }
  return out + std::string(text.substr(at));
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace lmms_eval::tmpl
