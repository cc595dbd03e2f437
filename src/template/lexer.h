#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "template/failure.h"
#include "template/options.h"

namespace lmms_eval::tmpl {

/// A place in the template; lines and columns (in characters) count from 1.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// A fault in the text of a template, found before it runs.
class SyntaxFailure : public Failure {
 public:
  SyntaxFailure(Position position, std::string message) : Failure(std::move(message)), position_(position) {}
  Position position() const { return position_; }

 private:
  Position position_;
};

enum class TokenType {
  data,
  block_begin,
  block_end,
  variable_begin,
  variable_end,
  name,
  string,
  integer,
  floating,
  op,
  end,
};

struct Token {
  TokenType type = TokenType::end;
  /// Text of data and names, the value of strings, the sign of an operator.
  std::string text;
  std::int64_t integer = 0;
  double floating = 0;
  Position at;

  bool is(TokenType wanted, std::string_view wanted_text) const { return type == wanted && text == wanted_text; }
  bool is_op(std::string_view sign) const { return is(TokenType::op, sign); }
  bool is_name(std::string_view word) const { return is(TokenType::name, word); }
  /// How messages show it.
  std::string describe() const;
};

/// Cuts a template into tokens; white space control is done here. Ends with an `end` token. Throws SyntaxFailure.
std::vector<Token> tokenize(std::string_view source, const TemplateOptions& options);

/// Tokens of an expression alone, as between {{ and }}.
std::vector<Token> tokenize_expression(std::string_view source);

}  // namespace lmms_eval::tmpl
