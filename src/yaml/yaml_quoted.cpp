#include "yaml/yaml_quoted.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/errors.h"
#include "base/utf8.h"

namespace lmms_eval {
namespace {

constexpr std::array<std::pair<char, std::string_view>, 18> kEscapes = {{
    {'0', std::string_view("\0", 1)},
    {'a', "\a"},
    {'b', "\b"},
    {'t', "\t"},
    {'\t', "\t"},
    {'n', "\n"},
    {'v', "\v"},
    {'f', "\f"},
    {'r', "\r"},
    {'e', "\x1b"},
    {' ', " "},
    {'"', "\""},
    {'\\', "\\"},
    {'/', "/"},
    {'N', "\u0085"},
    {'_', "\u00a0"},
    {'L', "\u2028"},
    {'P', "\u2029"},
}};

class QuotedScalar {
 public:
  QuotedScalar(std::string_view yaml, std::size_t at) : yaml_(yaml), at_(at + 1), quote_(yaml[at]) {}

  std::string read() && {
    while (true) {
      read_characters();
      if (peek() == quote_) return std::move(text_);
      read_white_space();
    }
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < yaml_.size() ? yaml_[at_ + ahead] : '\0'; }

  void read_characters() {
    while (true) {
      if (at_ >= yaml_.size()) throw errors::config("the text has no closing {}", quote_);
      const char c = peek();
      if (quote_ == '\'' && c == '\'' && peek(1) == '\'') {
        text_ += '\'';
        at_ += 2;
      } else if (c == quote_ || c == ' ' || c == '\t' || break_length() > 0) {
        return;
      } else if (quote_ == '"' && c == '\\') {
        read_escape();
      } else {
        text_ += c;
        ++at_;
      }
    }
  }

  /// Blanks inside a line stay; a single line break becomes a space, of several one is dropped.
  void read_white_space() {
    const std::size_t begin = at_;
    skip_blanks();
    if (break_length() == 0) {
      text_ += yaml_.substr(begin, at_ - begin);
      return;
    }
    const std::string first = read_break(), others = read_breaks();
    if (first != "\n") {
      text_ += first;
    } else if (others.empty()) {
      text_ += ' ';
    }
    text_ += others;
  }

  std::string read_breaks() {
    std::string breaks;
    for (skip_blanks(); break_length() > 0; skip_blanks()) breaks += read_break();
    return breaks;
  }

  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  /// The bytes of the line break here: CR LF, CR, LF, NEL, LS, PS.
  std::size_t break_length() const {
    const std::string_view rest = yaml_.substr(std::min(at_, yaml_.size()));
    for (std::string_view line_break : {"\r\n", "\r", "\n", "\u0085", "\u2028", "\u2029"})
      if (rest.starts_with(line_break)) return line_break.size();
    return 0;
  }

  std::string read_break() {
    const std::string_view line_break = yaml_.substr(at_, break_length());
    at_ += line_break.size();
    return line_break.size() == 3 ? std::string(line_break) : "\n";
  }

  void read_escape() {
    ++at_;
    const char c = peek();
    if (c == 'x' || c == 'u' || c == 'U') {
      ++at_;
      read_code_point(c == 'x' ? 2 : c == 'u' ? 4 : 8);
      return;
    }
    if (break_length() > 0) {
      read_break();
      text_ += read_breaks();
      return;
    }
    const auto escape = std::find_if(kEscapes.begin(), kEscapes.end(), [&](const auto& e) { return e.first == c; });
    if (at_ >= yaml_.size()) throw errors::config("the text has no closing {}", quote_);
    if (escape == kEscapes.end()) throw errors::config("\\{} is no escape of a text in double quotes", c);
    text_ += escape->second;
    ++at_;
  }

  void read_code_point(std::size_t digits) {
    const std::string_view hex = yaml_.substr(std::min(at_, yaml_.size()), digits);
    unsigned code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (hex.size() < digits || error != std::errc() || end != hex.data() + digits || code > 0x10FFFF || surrogate)
      throw errors::config("\\{}{} is no character: it needs {} hexadecimal digits",
                           digits == 2   ? 'x'
                           : digits == 4 ? 'u'
                                         : 'U',
                           valid_utf8(hex), digits);
    append_utf8(text_, code);
    at_ += digits;
  }

  std::string_view yaml_;
  std::size_t at_;
  char quote_;
  std::string text_;
};

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::optional<std::string> yaml_quoted_scalar(std::string_view yaml, std::size_t at) {
  while (at < yaml.size() && (yaml[at] == '!' || yaml[at] == '&')) {
    while (at < yaml.size() && !is_white(yaml[at])) ++at;
    while (at < yaml.size() && is_white(yaml[at])) ++at;
  }
  if (at >= yaml.size() || (yaml[at] != '\'' && yaml[at] != '"')) return std::nullopt;
  return QuotedScalar(yaml, at).read();
}

}  // namespace lmms_eval
