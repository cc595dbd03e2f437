#include "template/lexer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>

#include "template/string_literal.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

constexpr std::array<std::string_view, 26> kOperators = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                         "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                         ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

bool is_digit_char(char c) { return c >= '0' && c <= '9'; }

/// How many characters from `at` form digits, which may have single underscores between them.
std::size_t digits_length(std::string_view text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size()) {
    const auto c = text[at + length];
    const bool next_digit = at + length + 1 < text.size() && is_digit_char(text[at + length + 1]);
    if (!is_digit_char(c) && !(c == '_' && length > 0 && next_digit && text[at + length - 1] != '_')) break;
    ++length;
  }
  return length;
}

class Lexer {
 public:
  Lexer(std::string_view source, const TemplateOptions* options) : options_(options) {
    if (!is_valid_utf8(source)) throw SyntaxFailure({}, "the template is not valid UTF-8");
    normalize(source);
  }

  std::vector<Token> run() {
    while (at_ < source_.size()) root();
    return finish();
  }

  std::vector<Token> run_expression() {
    while (at_ < source_.size()) tag_token();
    if (!brackets_.empty()) fail("unexpected end of expression, expected '" + std::string(1, brackets_.back()) + "'");
    return finish();
  }

 private:
  [[noreturn]] void fail(std::string message) { throw SyntaxFailure(position(), std::move(message)); }

  /// Line breaks become \n; one at the end is dropped unless it is to be kept.
  void normalize(std::string_view source) {
    source_.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] != '\r') {
        source_ += source[i];
      } else {
        source_ += '\n';
        if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
      }
    }
    const bool keep = options_ == nullptr || options_->keep_trailing_newline;
    if (!keep && source_.ends_with('\n')) source_.pop_back();
  }

  std::vector<Token> finish() {
    emit(TokenType::end, {}, position());
    return std::move(tokens_);
  }

  /// The position of at_, counted on from the last one asked for.
  Position position() {
    for (; counted_ < at_; ++counted_) {
      const auto c = static_cast<unsigned char>(source_[counted_]);
      if (c == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((c & 0xC0) != 0x80) {
        ++place_.column;
      }
    }
    return place_;
  }

  void emit(TokenType type, std::string text, Position at) {
    Token token;
    token.type = type;
    token.text = std::move(text);
    token.at = at;
    tokens_.push_back(std::move(token));
  }

  bool looking_at(std::string_view text, std::size_t at) const {
    return std::string_view(source_).substr(std::min(at, source_.size())).starts_with(text);
  }

  std::size_t skip_space(std::size_t at) const {
    while (at < source_.size()) {
      auto next = at;
      if (!is_space(next_code_point(source_, next))) break;
      at = next;
    }
    return at;
  }

  void move_to(std::size_t at) {
    at_ = at;
    line_starting_ = at > 0 && source_[at - 1] == '\n';
  }

  /// Template text up to the next tag, then the tag.
  void root() {
    std::size_t tag = at_;
    for (;; ++tag) {
      tag = source_.find('{', tag);
      if (tag == std::string::npos || tag + 1 >= source_.size()) {
        data(source_.size());
        at_ = source_.size();
        return;
      }
      const auto c = source_[tag + 1];
      if (c == '%' || c == '{' || c == '#') break;
    }
    const auto kind = source_[tag + 1];
    auto after = tag + 2;
    const char sign =
        after < source_.size() && (source_[after] == '-' || source_[after] == '+') ? source_[after] : '\0';
    stripped_data(tag, sign, kind != '{');
    at_ = tag;
    const auto begin = position();
    if (sign != '\0') ++after;
    if (kind == '#') return comment(after);
    if (kind == '%') {
      if (const auto body = raw_begin(after)) return raw(body);
    }
    move_to(after);
    emit(kind == '{' ? TokenType::variable_begin : TokenType::block_begin, {}, begin);
    tag_body(kind == '{');
  }

  void data(std::size_t end) {
    if (end > at_) {
      const auto begin = position();
      emit(TokenType::data, source_.substr(at_, end - at_), begin);
    }
  }

  /// Text before a tag, stripped as the tag's sign and lstrip_blocks ask for.
  void stripped_data(std::size_t end, char sign, bool may_lstrip) {
    const std::string_view text(source_.data() + at_, end - at_);
    auto kept = text.size();
    if (sign == '-') {
      kept = strip(text, nullptr, false, true).size();
    } else if (sign != '+' && may_lstrip && options_->lstrip_blocks) {
      const auto newline = text.rfind('\n');
      const auto line = newline == std::string_view::npos ? 0 : newline + 1;
      if ((line > 0 || line_starting_) && strip(text.substr(line), nullptr, true, true).empty()) kept = line;
    }
    data(at_ + kept);
  }

  void comment(std::size_t at) {
    const auto end = source_.find("#}", at);
    if (end == std::string::npos) fail("Missing end of comment tag");
    const char sign = end > at ? source_[end - 1] : '\0';
    after_block(end + 2, sign);
  }

  /// Moves behind an end tag whose last character is `at`-1, taking the white space that it strips.
  void after_block(std::size_t at, char sign) {
    if (sign == '-') {
      at = skip_space(at);
    } else if (sign != '+' && options_->trim_blocks && looking_at("\n", at)) {
      ++at;
    }
    move_to(at);
  }

  /// Where the text of a raw block begins if this is its tag, else 0.
  std::size_t raw_begin(std::size_t at) const {
    at = skip_space(at);
    if (!looking_at("raw", at)) return 0;
    at = skip_space(at + 3);
    if (looking_at("-%}", at)) return skip_space(at + 3);
    return looking_at("%}", at) ? at + 2 : 0;
  }

  void raw(std::size_t body) {
    const auto begin = position();
    move_to(body);
    for (auto tag = source_.find("{%", body); tag != std::string::npos; tag = source_.find("{%", tag + 2)) {
      auto at = tag + 2;
      const char sign = at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
      at = skip_space(at + (sign != '\0' ? 1 : 0));
      if (!looking_at("endraw", at)) continue;
      at = skip_space(at + 6);
      const char end_sign = looking_at("-%}", at) ? '-' : looking_at("+%}", at) ? '+' : '\0';
      if (end_sign == '\0' && !looking_at("%}", at)) continue;
      stripped_data(tag, sign, true);
      return after_block(at + (end_sign != '\0' ? 3 : 2), end_sign);
    }
    throw SyntaxFailure(begin, "Missing end of raw directive");
  }

  void tag_body(bool variable) {
    while (true) {
      if (at_ >= source_.size()) return;
      if (brackets_.empty() && tag_end(variable)) return;
      tag_token();
    }
  }

  bool tag_end(bool variable) {
    const auto type = variable ? TokenType::variable_end : TokenType::block_end;
    const std::string_view end = variable ? "}}" : "%}";
    const auto begin = position();
    if (looking_at(end, at_)) {
      emit(type, {}, begin);
      if (variable) {
        move_to(at_ + 2);
      } else {
        after_block(at_ + 2, '\0');
      }
      return true;
    }
    const auto sign = source_[at_];
    if ((sign == '-' || (sign == '+' && !variable)) && looking_at(end, at_ + 1)) {
      emit(type, {}, begin);
      after_block(at_ + 3, sign);
      return true;
    }
    return false;
  }

  void tag_token() {
    const auto begin = position();
    const auto c = source_[at_];
    if (const auto after = skip_space(at_); after > at_) {
      at_ = after;
    } else if (is_digit_char(c)) {
      number(begin);
    } else if (c == '\'' || c == '"') {
      string(c, begin);
    } else if (!name(begin)) {
      op(begin);
    }
  }

  bool name(Position begin) {
    auto end = at_;
    auto next = at_;
    if (!is_identifier_start(next_code_point(source_, next))) return false;
    do {
      end = next;
    } while (end < source_.size() && is_identifier_part(next_code_point(source_, next)));
    emit(TokenType::name, source_.substr(at_, end - at_), begin);
    at_ = end;
    return true;
  }

  void number(Position begin) {
    const auto whole = digits_length(source_, at_);
    auto end = at_ + whole;
    const bool after_dot = at_ > 0 && source_[at_ - 1] == '.';
    bool floating = false;
    if (!after_dot && looking_at(".", end)) {
      if (const auto fraction = digits_length(source_, end + 1); fraction > 0) {
        end += 1 + fraction;
        floating = true;
      }
    }
    if (!after_dot && end < source_.size() && (source_[end] | 0x20) == 'e') {
      const auto sign = looking_at("+", end + 1) || looking_at("-", end + 1) ? 1u : 0u;
      if (const auto exponent = digits_length(source_, end + 1 + sign); exponent > 0) {
        end += 1 + sign + exponent;
        floating = true;
      }
    }
    Token token;
    token.at = begin;
    if (floating) {
      token.type = TokenType::floating;
      auto text = source_.substr(at_, end - at_);
      std::erase(text, '_');
      token.floating = std::strtod(text.c_str(), nullptr);
    } else {
      token.type = TokenType::integer;
      end = integer(token);
    }
    token.text = source_.substr(at_, end - at_);
    tokens_.push_back(std::move(token));
    at_ = end;
  }

  /// An integer literal at at_; returns its end.
  std::size_t integer(Token& token) {
    int base = 10;
    auto begin = at_;
    auto end = at_;
    if (source_[at_] == '0' && at_ + 1 < source_.size()) {
      const auto mark = source_[at_ + 1] | 0x20;
      base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    }
    const auto digit = [&](std::size_t i) {
      if (i >= source_.size()) return false;
      const auto c = source_[i] | 0x20;
      const int value = is_digit_char(source_[i]) ? source_[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
      return value < base;
    };
    if (base != 10) begin = end = at_ + 2;
    while (digit(end) || (end < source_.size() && source_[end] == '_' && digit(end + 1))) ++end;
    if (base != 10 && end == begin) {
      base = 10;
      begin = at_;
      end = at_ + 1;
    }
    // 0123 is no number: Jinja reads 0 and then 123
    if (base == 10 && source_[at_] == '0') {
      end = at_ + 1;
      while (end < source_.size() && (source_[end] == '0' || (source_[end] == '_' && looking_at("0", end + 1)))) ++end;
    }
    auto text = source_.substr(begin, end - begin);
    std::erase(text, '_');
    errno = 0;
    token.integer = std::strtoll(text.c_str(), nullptr, base);
    if (errno == ERANGE) fail("integer " + text + " does not fit in 64 bits");
    return end;
  }

  void string(char quote, Position begin) {
    auto end = at_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size())
      fail(std::string("unexpected char ") + (quote == '"' ? "'\"'" : "\"'\"") + ": the string has no end");
    const auto body = std::string_view(source_).substr(at_ + 1, end - at_ - 1);
    try {
      emit(TokenType::string, unescape_string(body), begin);
    } catch (const SyntaxFailure&) {
      throw;
    } catch (const Failure& error) {
      fail(error.message());
    }
    at_ = end + 1;
  }

  void op(Position begin) {
    for (const auto sign : kOperators) {
      if (!looking_at(sign, at_)) continue;
      balance(sign);
      emit(TokenType::op, std::string(sign), begin);
      at_ += sign.size();
      return;
    }
    auto end = at_;
    next_code_point(source_, end);
    fail("unexpected char '" + source_.substr(at_, end - at_) + "'");
  }

  void balance(std::string_view sign) {
    if (sign == "{") brackets_ += '}';
    if (sign == "(") brackets_ += ')';
    if (sign == "[") brackets_ += ']';
    if (sign != "}" && sign != ")" && sign != "]") return;
    if (brackets_.empty()) fail("unexpected '" + std::string(sign) + "'");
    const auto expected = brackets_.back();
    brackets_.pop_back();
    if (expected != sign[0]) {
      fail("unexpected '" + std::string(sign) + "', expected '" + std::string(1, expected) + "'");
    }
  }

  const TemplateOptions* options_;
  std::string source_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  Position place_;
  bool line_starting_ = true;
  std::string brackets_;
  std::vector<Token> tokens_;
};

}  // namespace

std::string Token::describe() const {
  switch (type) {
    case TokenType::data:
      return "template text";
    case TokenType::block_begin:
      return "{%";
    case TokenType::block_end:
      return "%}";
    case TokenType::variable_begin:
      return "{{";
    case TokenType::variable_end:
      return "}}";
    case TokenType::end:
      return "end of template";
    case TokenType::string:
      return "a string";
    default:
      return text;
  }
}

std::vector<Token> tokenize(std::string_view source, const TemplateOptions& options) {
  return Lexer(source, &options).run();
}

std::vector<Token> tokenize_expression(std::string_view source) { return Lexer(source, nullptr).run_expression(); }

}  // namespace lmms_eval::tmpl
