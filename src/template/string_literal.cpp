#include "template/string_literal.h"

#include "template/failure.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Unescaper {
 public:
  explicit Unescaper(std::string_view body) : body_(body) {}

  std::string run() {
    while (at_ < body_.size()) {
      if (body_[at_] != '\\' || at_ + 1 >= body_.size()) {
        out_ += body_[at_++];
      } else {
        ++at_;
        escape(body_[at_++]);
      }
    }
    return std::move(out_);
  }

 private:
  void escape(char c) {
    switch (c) {
      case '\n':
        return;
      case '\\':
      case '\'':
      case '"':
        out_ += c;
        return;
      case 'a':
        out_ += '\a';
        return;
      case 'b':
        out_ += '\b';
        return;
      case 'f':
        out_ += '\f';
        return;
      case 'n':
        out_ += '\n';
        return;
      case 'r':
        out_ += '\r';
        return;
      case 't':
        out_ += '\t';
        return;
      case 'v':
        out_ += '\v';
        return;
      case 'x':
        code_point(hex(2, 'x'));
        return;
      case 'u':
        code_point(surrogate_pair(hex(4, 'u')));
        return;
      case 'U':
        code_point(hex(8, 'U'));
        return;
      case 'N':
        named();
        return;
      default:
        break;
    }
    if (c >= '0' && c <= '7') {
      auto value = static_cast<char32_t>(c - '0');
      for (int i = 0; i < 2 && at_ < body_.size() && body_[at_] >= '0' && body_[at_] <= '7'; ++i) {
        value = value * 8 + static_cast<char32_t>(body_[at_++] - '0');
      }
      code_point(value);
      return;
    }
    out_ += '\\';
    out_ += c;
  }

  char32_t hex(int digits, char kind) {
    char32_t value = 0;
    for (int i = 0; i < digits; ++i) {
      const auto digit = at_ < body_.size() ? hex_value(body_[at_]) : -1;
      if (digit < 0) throw failure("truncated \\{} escape in a string", kind);
      value = value * 16 + static_cast<char32_t>(digit);
      ++at_;
    }
    return value;
  }

  /// Two \u escapes may form one character beyond 16 bits.
  char32_t surrogate_pair(char32_t high) {
    if (high < 0xD800 || high >= 0xDC00 || !body_.substr(at_).starts_with("\\u")) return high;
    at_ += 2;
    const auto low = hex(4, 'u');
    if (low < 0xDC00 || low >= 0xE000) throw failure("half of a surrogate pair in a string");
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  }

  void code_point(char32_t c) {
    if (c > 0x10FFFF) throw failure("illegal Unicode character in a string");
    if (c >= 0xD800 && c < 0xE000) throw failure("half of a surrogate pair in a string");
    append_utf8(out_, c);
  }

  void named() {
    const auto end = body_.find('}', at_);
    if (at_ >= body_.size() || body_[at_] != '{' || end == std::string_view::npos) {
      throw failure("malformed \\N character escape");
    }
    const auto c = character_named(std::string(body_.substr(at_ + 1, end - at_ - 1)));
    if (c == 0) throw failure("unknown Unicode character name");
    append_utf8(out_, c);
    at_ = end + 1;
  }

  std::string_view body_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string unescape_string(std::string_view body) { return Unescaper(body).run(); }

}  // namespace lmms_eval::tmpl
