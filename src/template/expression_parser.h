#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "template/ast.h"

namespace lmms_eval::tmpl {

/// The grammar of Jinja's expressions over a list of tokens; the statement parser builds on it. Throws SyntaxFailure.
class ExpressionParser {
 public:
  explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  ExprPtr expression(bool with_conditional = true);
  /// An expression, or several with commas, which make a tuple. `end_word` is a name that ends it, such as `in`.
  ExprPtr tuple(bool with_conditional = true, std::string_view end_word = {});
  bool at_end() const { return current().type == TokenType::end; }
  [[noreturn]] void fail_unexpected() const;

 protected:
  const Token& current() const { return tokens_[next_]; }
  const Token& look() const { return tokens_[std::min(next_ + 1, tokens_.size() - 1)]; }
  const Token& advance();
  bool skip_op(std::string_view sign);
  bool skip_name(std::string_view word);
  Token expect_op(std::string_view sign);
  Token expect_name();
  [[noreturn]] static void fail(Position at, std::string message);
  [[noreturn]] void fail_expected(std::string_view what) const;

  /// What an assignment may write to: a name, ns.attr (if allowed) or a tuple of such.
  ExprPtr assign_target(bool with_namespace, std::string_view end_word = {});
  std::unique_ptr<NameExpr> assign_name();
  CallArguments call_arguments();
  /// `a | b(c) | d` after its input, which is null in filter blocks. `inline_start`: no | before the first name.
  ExprPtr filters(ExprPtr input, bool inline_start);

  /// Bounds recursion on nested source.
  class Nesting {
   public:
    Nesting(ExpressionParser& parser);
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ~Nesting() { --parser_.nesting_; }

   private:
    ExpressionParser& parser_;
  };

 private:
  ExprPtr conditional();
  ExprPtr logical_or();
  ExprPtr logical_and();
  ExprPtr logical_not();
  ExprPtr comparison();
  ExprPtr sum();
  ExprPtr concat();
  ExprPtr product();
  ExprPtr power();
  ExprPtr unary(bool with_filter = true);
  ExprPtr primary(bool with_namespace = false);
  ExprPtr name_or_constant(bool with_namespace);
  ExprPtr list();
  ExprPtr dict();
  ExprPtr postfix(ExprPtr node);
  ExprPtr filter_chain(ExprPtr node);
  ExprPtr subscript(ExprPtr object);
  ExprPtr subscript_key();
  ExprPtr call(ExprPtr callee);
  ExprPtr test(ExprPtr input);
  std::string dotted_name();
  bool ends_tuple(std::string_view end_word) const;
  bool begins_test_argument() const;
  static void make_target(Expr& node);

  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int nesting_ = 0;
};

}  // namespace lmms_eval::tmpl
