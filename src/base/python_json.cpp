#include "base/python_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace lmms_eval {
namespace {

/// The code point at `i`, which moves past it; U+FFFD for a byte that starts no valid sequence.
char32_t next_code_point(std::string_view text, std::size_t& i) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(i);
  const int length = lead < 0x80                   ? 1
                     : lead >= 0xC2 && lead < 0xE0 ? 2
                     : lead >= 0xE0 && lead < 0xF0 ? 3
                     : lead >= 0xF0 && lead < 0xF5 ? 4
                                                   : 0;
  if (length == 0 || i + length > text.size()) return ++i, U'\uFFFD';
  char32_t point = length == 1 ? lead : lead & (0x7F >> length);
  for (int k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return ++i, U'\uFFFD';
    point = point << 6 | (byte(i + k) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return ++i, U'\uFFFD';
  i += length;
  return point;
}

class Writer {
 public:
  explicit Writer(const PythonJsonOptions& options) : options_(options) {}

  void write(const nlohmann::ordered_json& value, int depth) {
    using Type = nlohmann::ordered_json::value_t;
    switch (value.type()) {
      case Type::null:
        out_ += "null";
        return;
      case Type::boolean:
        out_ += value.get<bool>() ? "true" : "false";
        return;
      case Type::number_integer:
        out_ += fmt::format("{}", value.get<std::int64_t>());
        return;
      case Type::number_unsigned:
        out_ += fmt::format("{}", value.get<std::uint64_t>());
        return;
      case Type::number_float:
        write_float(value.get<double>());
        return;
      case Type::string:
        write_text(value.get_ref<const std::string&>());
        return;
      case Type::array:
        write_array(value, depth);
        return;
      case Type::object:
        write_object(value, depth);
        return;
      default:
        out_ += "null";
        return;  // binary and discarded values are never written
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_float(double value) {
    if (std::isnan(value))
      out_ += "NaN";
    else if (std::isinf(value))
      out_ += value > 0 ? "Infinity" : "-Infinity";
    else
      out_ += python_float_repr(value);
  }

  void write_text(std::string_view text) {
    out_ += '"';
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t begin = i;
      const char32_t point = next_code_point(text, i);
      switch (point) {
        case '"':
          out_ += "\\\"";
          continue;
        case '\\':
          out_ += "\\\\";
          continue;
        case '\n':
          out_ += "\\n";
          continue;
        case '\r':
          out_ += "\\r";
          continue;
        case '\t':
          out_ += "\\t";
          continue;
        case '\f':
          out_ += "\\f";
          continue;
        case '\b':
          out_ += "\\b";
          continue;
        default:
          break;
      }
      if (point < 0x20 || (options_.ensure_ascii && point > 0x7E))
        write_escape(point);
      else if (point == U'\uFFFD')
        out_ += "\xEF\xBF\xBD";
      else
        out_.append(text.substr(begin, i - begin));
    }
    out_ += '"';
  }

  void write_escape(char32_t point) {
    if (point < 0x10000) {
      out_ += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
      return;
    }
    point -= 0x10000;
    out_ += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + static_cast<std::uint32_t>(point >> 10),
                        0xDC00 + static_cast<std::uint32_t>(point & 0x3FF));
  }

  void new_line(int depth) {
    if (options_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(options_.indent * depth), ' ');
  }

  /// json.dumps puts ", " between items on one line, "," at a line end.
  void separator() { out_ += options_.compact || options_.indent >= 0 ? "," : ", "; }

  void write_array(const nlohmann::ordered_json& value, int depth) {
    if (value.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    bool first = true;
    for (const auto& item : value) {
      if (!first) separator();
      first = false;
      new_line(depth + 1);
      write(item, depth + 1);
    }
    new_line(depth);
    out_ += ']';
  }

  void write_object(const nlohmann::ordered_json& value, int depth) {
    if (value.empty()) {
      out_ += "{}";
      return;
    }
    std::vector<std::pair<const std::string*, const nlohmann::ordered_json*>> items;
    for (auto it = value.begin(); it != value.end(); ++it) items.emplace_back(&it.key(), &it.value());
    if (options_.sort_keys)
      std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return *a.first < *b.first; });
    out_ += '{';
    bool first = true;
    for (const auto& [key, item] : items) {
      if (!first) separator();
      first = false;
      new_line(depth + 1);
      write_text(*key);
      out_ += options_.compact ? ":" : ": ";
      write(*item, depth + 1);
    }
    new_line(depth);
    out_ += '}';
  }

  const PythonJsonOptions& options_;
  std::string out_;
};

}  // namespace

std::string python_float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // Shortest digits in scientific form, then laid out by repr's rule: plain for -4 <= exponent < 16.
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  const auto e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  std::string body;
  if (exponent < -4 || exponent >= 16) {
    body = digits.substr(0, 1);
    if (digits.size() > 1) body += "." + digits.substr(1);
    body += fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  } else if (exponent < 0) {
    body = "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole)
      body = digits + std::string(whole - digits.size(), '0') + ".0";
    else
      body = digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return (negative ? "-" : "") + body;
}

std::string python_dumps(const nlohmann::ordered_json& value, const PythonJsonOptions& options) {
  Writer writer(options);
  writer.write(value, 0);
  return writer.take();
}

namespace {

/// The code of a `\uXXXX` escape at `at`; 0 where there is none.
unsigned escaped_code(std::string_view json, std::size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return 0;
  unsigned code = 0;
  const auto [end, error] = std::from_chars(json.data() + at + 2, json.data() + at + 6, code, 16);
  return error == std::errc() && end == json.data() + at + 6 ? code : 0;
}

bool is_high_surrogate(unsigned code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(unsigned code) { return code >= 0xDC00 && code < 0xE000; }

}  // namespace

std::string without_lone_surrogates(std::string_view json) {
  std::string text;
  for (std::size_t i = 0; i < json.size();) {
    const unsigned code = escaped_code(json, i);
    const bool pair = is_high_surrogate(code) && is_low_surrogate(escaped_code(json, i + 6));
    const bool lone = !pair && (is_high_surrogate(code) || is_low_surrogate(code));
    // An escaped backslash is taken whole, so that what follows it is no escape.
    const std::size_t length = pair ? 12 : lone ? 6 : json[i] == '\\' ? 2 : 1;
    text += lone ? "\\ufffd" : json.substr(i, length);
    i += length;
  }
  return text;
}

}  // namespace lmms_eval
