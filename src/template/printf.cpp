// Python's `%` operator on strings.
#include "template/printf.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "template/failure.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

constexpr std::int64_t kMaxWidth = 1'000'000;

struct Conversion {
  bool left = false, plus = false, space = false, zero = false, alternate = false;
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char type = 0;
};

class PercentFormatter {
 public:
  PercentFormatter(std::string_view format, const Value& arguments, bool markup)
      : format_(format), arguments_(arguments), markup_(markup) {}

  std::string run() {
    std::string out;
    while (at_ < format_.size()) {
      const auto percent = format_.find('%', at_);
      if (percent == std::string_view::npos) {
        out += format_.substr(at_);
        break;
      }
      out += format_.substr(at_, percent - at_);
      at_ = percent + 1;
      convert(out);
      if (out.size() > kMaxTextBytes) throw failure("string is too long");
    }
    const bool by_name = arguments_.is_dict() || arguments_.is_list();
    const std::size_t count = arguments_.is_tuple() ? arguments_.as_tuple().items.size() : 1;
    if (used_ < count && !by_name) throw failure("not all arguments converted during string formatting");
    return out;
  }

 private:
  void convert(std::string& out) {
    if (peek() == '%') {
      out += format_[at_++];
      return;
    }
    Value value = Value::missing();
    if (peek() == '(') value = named();
    Conversion conversion;
    flags(conversion);
    conversion.width = number(0);
    if (conversion.width < 0) {
      conversion.left = true;
      conversion.width = -conversion.width;
    }
    if (peek() == '.') {
      ++at_;
      conversion.precision = std::max<std::int64_t>(number(0), 0);
    }
    while (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    if (at_ >= format_.size()) throw failure("incomplete format");
    conversion.type = format_[at_++];
    if (value.is_missing()) value = next();
    pad(out, conversion, text_of(value, conversion));
  }

  char peek() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  Value named() {
    const auto begin = ++at_;
    int depth = 1;
    while (at_ < format_.size() && depth > 0) {
      depth += format_[at_] == '(' ? 1 : format_[at_] == ')' ? -1 : 0;
      ++at_;
    }
    if (depth > 0) throw failure("incomplete format key");
    if (!arguments_.is_dict()) throw failure("format requires a mapping");
    const auto name = format_.substr(begin, at_ - begin - 1);
    const auto* value = arguments_.as_dict().find(name);
    if (value == nullptr) throw failure("no argument '{}' for the format", name);
    return *value;
  }

  void flags(Conversion& conversion) {
    for (;; ++at_) {
      switch (peek()) {
        case '-':
          conversion.left = true;
          break;
        case '+':
          conversion.plus = true;
          break;
        case ' ':
          conversion.space = true;
          break;
        case '0':
          conversion.zero = true;
          break;
        case '#':
          conversion.alternate = true;
          break;
        default:
          return;
      }
    }
  }

  std::int64_t number(std::int64_t fallback) {
    if (peek() == '*') {
      ++at_;
      const auto value = next();
      if (!value.is_integral()) throw failure("* wants int");
      if (std::abs(value.as_int()) > kMaxWidth) throw failure("width or precision is too large");
      return value.as_int();
    }
    if (peek() < '0' || peek() > '9') return fallback;
    std::int64_t result = 0;
    while (peek() >= '0' && peek() <= '9') {
      result = result * 10 + (peek() - '0');
      if (result > kMaxWidth) throw failure("width or precision is too large");
      ++at_;
    }
    return result;
  }

  Value next() {
    if (!arguments_.is_tuple()) {
      if (used_ > 0) throw failure("not enough arguments for format string");
      ++used_;
      return arguments_;
    }
    const auto& items = arguments_.as_tuple().items;
    if (used_ >= items.size()) throw failure("not enough arguments for format string");
    return items[used_++];
  }

  std::string text_of(const Value& value, const Conversion& conversion) {
    switch (conversion.type) {
      case 's':
      case 'r':
      case 'a': {
        auto text = conversion.type == 's' ? str(value) : conversion.type == 'r' ? repr(value) : ascii(value);
        if (markup_ && !(value.is_string() && value.as_text().markup())) text = escape_html(text);
        if (conversion.precision >= 0) text.resize(byte_offset(text, static_cast<std::size_t>(conversion.precision)));
        return text;
      }
      case 'c':
        return character(value);
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        return integer(value, conversion);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return floating(value, conversion);
      default:
        throw failure("unsupported format character '{}'", conversion.type);
    }
  }

  static std::string character(const Value& value) {
    if (value.is_string() && value.as_text().length() == 1) return value.as_string();
    if (!value.is_integral()) throw failure("%c requires int or char");
    const auto code = value.as_int();
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
      throw failure("%c arg not in range(0x110000)");
    std::string text;
    append_utf8(text, static_cast<char32_t>(code));
    return text;
  }

  static std::string integer(const Value& value, const Conversion& conversion) {
    const bool decimal = conversion.type == 'd' || conversion.type == 'i' || conversion.type == 'u';
    if (value.is_undefined()) fail_undefined(value);
    if (!value.is_integral() && !(decimal && value.is_float())) {
      throw failure("%{} format: {} is required, not {}", conversion.type, decimal ? "a real number" : "an integer",
                    type_name(value));
    }
    const auto number = value.is_float() ? truncate_to_int(value.as_double()) : value.as_int();
    const auto magnitude = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    std::string digits;
    std::string prefix;
    switch (conversion.type) {
      case 'x':
        digits = fmt::format("{:x}", magnitude), prefix = "0x";
        break;
      case 'X':
        digits = fmt::format("{:X}", magnitude), prefix = "0X";
        break;
      case 'o':
        digits = fmt::format("{:o}", magnitude), prefix = "0o";
        break;
      default:
        digits = std::to_string(magnitude);
    }
    if (conversion.precision > static_cast<std::int64_t>(digits.size())) {
      digits.insert(0, static_cast<std::size_t>(conversion.precision) - digits.size(), '0');
    }
    return sign(number < 0, conversion) + (conversion.alternate ? prefix : "") + digits;
  }

  static std::string floating(const Value& value, const Conversion& conversion) {
    if (value.is_undefined()) fail_undefined(value);
    if (!value.is_number()) throw failure("must be real number, not {}", type_name(value));
    const auto number = value.as_double();
    const auto precision = static_cast<int>(conversion.precision < 0 ? 6 : conversion.precision);
    const std::string format = std::string("%") + (conversion.alternate ? "#" : "") + ".*" + conversion.type;
    const auto magnitude = std::signbit(number) ? -number : number;
    std::string text(static_cast<std::size_t>(precision) + 400, '\0');
    const auto size = std::snprintf(text.data(), text.size(), format.c_str(), precision, magnitude);
    text.resize(static_cast<std::size_t>(size));
    return sign(std::signbit(number), conversion) + text;
  }

  static std::string sign(bool negative, const Conversion& conversion) {
    return negative ? "-" : conversion.plus ? "+" : conversion.space ? " " : "";
  }

  static void pad(std::string& out, const Conversion& conversion, std::string text) {
    const auto length = static_cast<std::int64_t>(count_code_points(text));
    if (length >= conversion.width) {
      out += text;
      return;
    }
    const auto missing = static_cast<std::size_t>(conversion.width - length);
    const bool numeric = std::string_view("diuxXoeEfFgG").find(conversion.type) != std::string_view::npos;
    if (conversion.left) {
      out += text + std::string(missing, ' ');
    } else if (conversion.zero && numeric) {
      std::size_t head = !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ') ? 1 : 0;
      if (conversion.alternate && text.size() > head + 1 && text[head] == '0' &&
          std::isalpha(static_cast<unsigned char>(text[head + 1])))
        head += 2;
      out += text.substr(0, head) + std::string(missing, '0') + text.substr(head);
    } else {
      out += std::string(missing, ' ') + text;
    }
  }

  std::string_view format_;
  const Value& arguments_;
  bool markup_;
  std::size_t at_ = 0;
  std::size_t used_ = 0;
};

}  // namespace

std::string format_percent(std::string_view format, const Value& arguments, bool markup) {
  return PercentFormatter(format, arguments, markup).run();
}

}  // namespace lmms_eval::tmpl
