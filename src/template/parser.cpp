#include "template/parser.h"

#include <algorithm>
#include <initializer_list>

#include "template/expression_parser.h"
#include "template/scopes.h"

namespace lmms_eval::tmpl {
namespace {

using Words = std::vector<std::string_view>;

class StatementParser final : public ExpressionParser {
 public:
  StatementParser(std::vector<Token> tokens, const TemplateOptions& options)
      : ExpressionParser(std::move(tokens)), options_(options) {}

  Body template_body() {
    auto body = statements({});
    return body;
  }

 private:
  /// Statements up to a tag named by one of `end_words`, whose name is the current token then; {} is to the end.
  Body statements(const Words& end_words) {
    const Nesting nesting(*this);
    Body body;
    while (!at_end()) {
      const auto token = current();
      if (token.type == TokenType::data) {
        advance();
        body.push_back(std::make_unique<TextStmt>(token.at, token.text));
      } else if (token.type == TokenType::variable_begin) {
        advance();
        body.push_back(std::make_unique<OutputStmt>(token.at, tuple()));
        expect(TokenType::variable_end, "}}");
      } else {
        advance();
        if (is_one_of(end_words)) return body;
        body.push_back(statement(end_words));
        if (!body.back()) body.pop_back();
        expect(TokenType::block_end, "%}");
      }
    }
    if (!end_words.empty()) fail_missing_end(end_words);
    return body;
  }

  bool is_one_of(const Words& words) const {
    return std::any_of(words.begin(), words.end(), [&](auto word) { return current().is_name(word); });
  }

  void expect(TokenType type, std::string_view what) {
    if (current().type != type) fail_expected(what);
    advance();
  }

  static std::string quoted(const Words& words) {
    std::string text;
    for (const auto word : words) text += (text.empty() ? "'" : " or '") + std::string(word) + "'";
    return text;
  }

  [[noreturn]] void fail_missing_end(const Words& end_words) const {
    fail(current().at, fmt::format("Unexpected end of template. Jinja was looking for the following tags: {}. The "
                                   "innermost block that needs to be closed is '{}'.",
                                   quoted(end_words), tags_.empty() ? "" : tags_.back()));
  }

  /// The statements of a tag up to its end tag; the end tag's name is consumed.
  Body tag_body(const Words& end_words) {
    skip_op(":");
    expect(TokenType::block_end, "%}");
    auto body = statements(end_words);
    return body;
  }

  Body closed_body(std::string_view end_word) {
    auto body = tag_body({end_word});
    advance();
    return body;
  }

  StmtPtr statement(const Words& end_words) {
    const auto token = current();
    if (token.type != TokenType::name) fail(token.at, "tag name expected");
    tags_.push_back(token.text);
    auto node = known_statement(token);
    if (!node) {
      tags_.pop_back();
      unknown_tag(token, end_words);
    }
    tags_.pop_back();
    return std::move(*node);
  }

  std::optional<StmtPtr> known_statement(const Token& token) {
    const auto& tag = token.text;
    const auto at = token.at;
    advance();
    if (tag == "if") return if_chain(at);
    if (tag == "for") return for_loop(at);
    if (tag == "set") return set(at);
    if (tag == "macro") return macro(at);
    if (tag == "call") return call_block(at);
    if (tag == "filter") return filter_block(at);
    if (tag == "with") return with(at);
    if (tag == "print") return print(at);
    if (tag == "block") return block(at);
    if (tag == "generation" && options_.chat) return generation(at);
    if ((tag == "break" || tag == "continue") && options_.loop_controls) return jump(at, tag == "break");
    for (const auto* unsupported : {"include", "import", "from", "extends"}) {
      if (tag == unsupported) fail(at, fmt::format("{{% {} %}} is not supported: a template cannot load others", tag));
    }
    if (tag == "autoescape") fail(at, "{% autoescape %} is not supported: templates write plain text");
    return std::nullopt;
  }

  [[noreturn]] void unknown_tag(const Token& token, const Words& end_words) const {
    std::string message = fmt::format("Encountered unknown tag '{}'.", token.text);
    if (!end_words.empty()) message += fmt::format(" Jinja was looking for the following tags: {}.", quoted(end_words));
    if (!tags_.empty()) message += fmt::format(" The innermost block that needs to be closed is '{}'.", tags_.back());
    fail(token.at, message);
  }

  StmtPtr if_chain(Position at) {
    auto node = std::make_unique<IfStmt>(at);
    while (true) {
      auto test = tuple(false);
      auto body = tag_body({"elif", "else", "endif"});
      node->branches.emplace_back(std::move(test), std::move(body));
      const auto word = advance().text;
      if (word == "elif") continue;
      if (word == "else") node->branches.emplace_back(nullptr, closed_body("endif"));
      return node;
    }
  }

  StmtPtr for_loop(Position at) {
    auto node = std::make_unique<ForStmt>(at);
    const auto target_begin = current().at;
    node->target = assign_target(false, "in");
    if (!skip_name("in")) fail_expected("in");
    node->iterable = tuple(false, "recursive");
    if (skip_name("if")) {
      node->test = expression();
      node->test_target = copy_target(*node->target);
    }
    node->recursive = skip_name("recursive");
    const auto outer = loops_;
    loops_ = node->recursive ? 1 : outer + 1;
    node->body = tag_body({"endfor", "else"});
    loops_ = node->recursive ? 0 : outer;
    if (advance().text == "else") node->otherwise = closed_body("endfor");
    loops_ = outer;
    forbid_loop_target(*node, target_begin);
    return node;
  }

  static ExprPtr copy_target(const Expr& target) {
    if (target.kind == ExprKind::name) {
      return std::make_unique<NameExpr>(target.at, static_cast<const NameExpr&>(target).name, NameUse::store);
    }
    auto copy = std::make_unique<SequenceExpr>(ExprKind::tuple, target.at);
    for (const auto& item : static_cast<const SequenceExpr&>(target).items) copy->items.push_back(copy_target(*item));
    return copy;
  }

  /// `loop` cannot be assigned anywhere in a loop.
  static void forbid_loop_target(ForStmt& node, Position at) {
    NodeVisitor visitor;
    visitor.expr = [&](Expr& expr) {
      if (expr.kind == ExprKind::name) {
        const auto& name = static_cast<NameExpr&>(expr);
        if (name.use == NameUse::store && name.name == "loop") {
          fail(at, "Can't assign to special loop variable in for-loop target");
        }
      }
      visit_children(expr, visitor);
    };
    visitor.stmt = [&](Stmt& stmt) { visit_children(stmt, visitor); };
    visit_children(node, visitor);
  }

  StmtPtr set(Position at) {
    auto target = assign_target(true);
    if (skip_op("=")) {
      auto node = std::make_unique<SetStmt>(at);
      node->target = std::move(target);
      node->value = tuple();
      return node;
    }
    auto node = std::make_unique<SetBlockStmt>(at);
    node->target = std::move(target);
    node->filter = filters(nullptr, false);
    node->body = closed_body("endset");
    return node;
  }

  void signature(MacroFunction& function) {
    expect_op("(");
    while (!current().is_op(")")) {
      if (!function.parameters.empty()) expect_op(",");
      auto parameter = assign_name();
      parameter->use = NameUse::parameter;
      for (const auto& own : function.parameters) {
        if (own->name == parameter->name) fail(parameter->at, fmt::format("duplicate argument '{}'", own->name));
      }
      if (skip_op("=")) {
        function.defaults.push_back(expression());
      } else if (!function.defaults.empty()) {
        fail(current().at, "non-default argument follows default argument");
      }
      function.parameters.push_back(std::move(parameter));
    }
    expect_op(")");
  }

  Body function_body(std::string_view end_word) {
    const auto outer = std::exchange(loops_, 0);
    auto body = closed_body(end_word);
    loops_ = outer;
    return body;
  }

  StmtPtr macro(Position at) {
    auto node = std::make_unique<MacroStmt>(at);
    node->function.name = assign_name()->name;
    signature(node->function);
    node->function.body = function_body("endmacro");
    return node;
  }

  StmtPtr call_block(Position at) {
    auto node = std::make_unique<CallBlockStmt>(at);
    if (current().is_op("(")) signature(node->function);
    auto call = expression();
    if (call->kind != ExprKind::call) fail(at, "expected call");
    node->call.reset(static_cast<CallExpr*>(call.release()));
    node->function.body = function_body("endcall");
    return node;
  }

  StmtPtr filter_block(Position at) {
    auto node = std::make_unique<FilterBlockStmt>(at);
    node->filter = filters(nullptr, true);
    node->body = closed_body("endfilter");
    return node;
  }

  StmtPtr with(Position at) {
    auto node = std::make_unique<WithStmt>(at);
    while (current().type != TokenType::block_end) {
      if (!node->assignments.empty()) expect_op(",");
      auto target = assign_target(false);
      expect_op("=");
      node->assignments.emplace_back(std::move(target), expression());
    }
    node->body = closed_body("endwith");
    return node;
  }

  /// {% print a, b %} writes both; as a statement it is a ~ b.
  StmtPtr print(Position at) {
    auto all = std::make_unique<ConcatExpr>(at);
    while (current().type != TokenType::block_end) {
      if (!all->items.empty()) expect_op(",");
      all->items.push_back(expression());
      all->depth = std::max(all->depth, all->items.back()->depth + 1);
    }
    return std::make_unique<OutputStmt>(at, std::move(all));
  }

  StmtPtr generation(Position at) {
    auto node = std::make_unique<ScopeStmt>(StmtKind::generation, at);
    node->body = function_body("endgeneration");
    return node;
  }

  /// Without inheritance a block is written where it stands.
  StmtPtr block(Position at) {
    auto node = std::make_unique<ScopeStmt>(StmtKind::block, at);
    node->name = expect_name().text;
    if (std::find(blocks_.begin(), blocks_.end(), node->name) != blocks_.end()) {
      fail(at, fmt::format("block '{}' defined twice", node->name));
    }
    blocks_.push_back(node->name);
    for (const auto* word : {"scoped", "required"}) {
      if (current().is_name(word)) fail(current().at, fmt::format("{{% block … {} %}} is not supported", word));
    }
    node->body = function_body("endblock");
    skip_name(node->name);
    return node;
  }

  StmtPtr jump(Position at, bool is_break) {
    if (loops_ == 0) fail(at, is_break ? "'break' outside loop" : "'continue' not properly in loop");
    return std::make_unique<JumpStmt>(is_break ? StmtKind::break_loop : StmtKind::continue_loop, at);
  }

  const TemplateOptions& options_;
  std::vector<std::string> tags_;
  std::vector<std::string> blocks_;
  int loops_ = 0;
};

}  // namespace

Program parse_template(std::string_view source, const TemplateOptions& options) {
  Program program;
  program.body = StatementParser(tokenize(source, options), options).template_body();
  resolve_scopes(program);
  return program;
}

Program parse_lone_expression(std::string_view source) {
  ExpressionParser parser(tokenize_expression(source));
  Program program;
  auto value = parser.tuple();
  if (!parser.at_end()) parser.fail_unexpected();
  const auto at = value->at;
  program.body.push_back(std::make_unique<OutputStmt>(at, std::move(value)));
  resolve_scopes(program);
  return program;
}

}  // namespace lmms_eval::tmpl
