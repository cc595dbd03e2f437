#include "template/expression_parser.h"

#include <algorithm>
#include <array>

namespace lmms_eval::tmpl {
namespace {

constexpr int kMaxParseNesting = 150;
constexpr int kMaxExpressionDepth = 500;

int depth_of(const ExprPtr& node) { return node ? node->depth : 0; }

/// Gives a node over children of this depth its own; chains of thousands of operators would overflow the stack when run
/// or freed.
template <typename Node>
ExprPtr over(std::unique_ptr<Node> node, int depth) {
  node->depth = depth + 1;
  if (node->depth > kMaxExpressionDepth) throw SyntaxFailure(node->at, "expression is nested too deeply");
  return node;
}

ExprPtr binary(Position at, BinaryOp op, ExprPtr left, ExprPtr right) {
  const bool logical = op == BinaryOp::logical_and || op == BinaryOp::logical_or;
  const auto depth = std::max(depth_of(left), depth_of(right));
  const auto kind = logical ? ExprKind::logical : ExprKind::binary;
  return over(std::make_unique<BinaryExpr>(kind, at, op, std::move(left), std::move(right)), depth);
}

int depth_of(const CallArguments& arguments) {
  int depth = std::max(depth_of(arguments.star), depth_of(arguments.double_star));
  for (const auto& value : arguments.positional) depth = std::max(depth, depth_of(value));
  for (const auto& [name, value] : arguments.keyword) depth = std::max(depth, depth_of(value));
  return depth;
}

std::optional<Comparison> comparison_sign(const Token& token) {
  if (token.type != TokenType::op) return std::nullopt;
  if (token.text == "==") return Comparison::eq;
  if (token.text == "!=") return Comparison::ne;
  if (token.text == "<") return Comparison::lt;
  if (token.text == "<=") return Comparison::le;
  if (token.text == ">") return Comparison::gt;
  if (token.text == ">=") return Comparison::ge;
  return std::nullopt;
}

}  // namespace

ExpressionParser::Nesting::Nesting(ExpressionParser& parser) : parser_(parser) {
  if (++parser_.nesting_ > kMaxParseNesting) {
    --parser_.nesting_;
    fail(parser_.current().at, "template is nested too deeply");
  }
}

const Token& ExpressionParser::advance() {
  const auto& token = tokens_[next_];
  if (next_ + 1 < tokens_.size()) ++next_;
  return token;
}

bool ExpressionParser::skip_op(std::string_view sign) {
  if (!current().is_op(sign)) return false;
  advance();
  return true;
}

bool ExpressionParser::skip_name(std::string_view word) {
  if (!current().is_name(word)) return false;
  advance();
  return true;
}

Token ExpressionParser::expect_op(std::string_view sign) {
  if (!current().is_op(sign)) fail_expected(sign);
  return advance();
}

Token ExpressionParser::expect_name() {
  if (current().type != TokenType::name) fail_expected("name");
  return advance();
}

void ExpressionParser::fail(Position at, std::string message) { throw SyntaxFailure(at, std::move(message)); }

void ExpressionParser::fail_expected(std::string_view what) const {
  if (at_end()) fail(current().at, fmt::format("unexpected end of template, expected '{}'", what));
  fail(current().at, fmt::format("expected token '{}', got '{}'", what, current().describe()));
}

void ExpressionParser::fail_unexpected() const {
  fail(current().at, fmt::format("unexpected '{}'", current().describe()));
}

ExprPtr ExpressionParser::expression(bool with_conditional) {
  const Nesting nesting(*this);
  return with_conditional ? conditional() : logical_or();
}

bool ExpressionParser::ends_tuple(std::string_view end_word) const {
  const auto& token = current();
  return token.type == TokenType::variable_end || token.type == TokenType::block_end || token.is_op(")") ||
         (!end_word.empty() && token.is_name(end_word)) || token.type == TokenType::end;
}

ExprPtr ExpressionParser::tuple(bool with_conditional, std::string_view end_word) {
  const auto at = current().at;
  if (ends_tuple(end_word)) fail(at, fmt::format("Expected an expression, got '{}'", current().describe()));
  auto first = expression(with_conditional);
  if (!current().is_op(",")) return first;
  auto node = std::make_unique<SequenceExpr>(ExprKind::tuple, at);
  int depth = depth_of(first);
  node->items.push_back(std::move(first));
  while (skip_op(",")) {
    if (ends_tuple(end_word)) break;
    node->items.push_back(expression(with_conditional));
    depth = std::max(depth, depth_of(node->items.back()));
  }
  return over(std::move(node), depth);
}

ExprPtr ExpressionParser::conditional() {
  auto at = current().at;
  auto value = logical_or();
  while (skip_name("if")) {
    auto test = logical_or();
    ExprPtr otherwise;
    if (skip_name("else")) {
      const Nesting nesting(*this);
      otherwise = conditional();
    }
    const auto depth = std::max({depth_of(test), depth_of(value), depth_of(otherwise)});
    value = over(std::make_unique<ConditionalExpr>(at, std::move(test), std::move(value), std::move(otherwise)), depth);
    at = current().at;
  }
  return value;
}

ExprPtr ExpressionParser::logical_or() {
  auto left = logical_and();
  while (current().is_name("or")) {
    const auto at = advance().at;
    left = binary(at, BinaryOp::logical_or, std::move(left), logical_and());
  }
  return left;
}

ExprPtr ExpressionParser::logical_and() {
  auto left = logical_not();
  while (current().is_name("and")) {
    const auto at = advance().at;
    left = binary(at, BinaryOp::logical_and, std::move(left), logical_not());
  }
  return left;
}

ExprPtr ExpressionParser::logical_not() {
  if (!current().is_name("not")) return comparison();
  const Nesting nesting(*this);
  const auto at = advance().at;
  auto operand = logical_not();
  const auto depth = depth_of(operand);
  return over(std::make_unique<UnaryExpr>(at, UnaryOp::logical_not, std::move(operand)), depth);
}

ExprPtr ExpressionParser::comparison() {
  auto first = sum();
  std::unique_ptr<CompareExpr> node;
  int depth = depth_of(first);
  while (true) {
    auto sign = comparison_sign(current());
    const auto at = current().at;
    if (!sign && current().is_name("in")) sign = Comparison::in;
    if (!sign && current().is_name("not") && look().is_name("in")) {
      sign = Comparison::not_in;
      advance();
    }
    if (!sign) break;
    advance();
    if (!node) node = std::make_unique<CompareExpr>(at, std::move(first));
    node->rest.emplace_back(*sign, sum());
    depth = std::max(depth, depth_of(node->rest.back().second));
  }
  if (!node) return first;
  return over(std::move(node), depth);
}

ExprPtr ExpressionParser::sum() {
  auto left = concat();
  while (current().is_op("+") || current().is_op("-")) {
    const auto& token = advance();
    const auto op = token.text == "+" ? BinaryOp::add : BinaryOp::subtract;
    const auto at = token.at;
    left = binary(at, op, std::move(left), concat());
  }
  return left;
}

ExprPtr ExpressionParser::concat() {
  auto first = product();
  if (!current().is_op("~")) return first;
  auto node = std::make_unique<ConcatExpr>(current().at);
  int depth = depth_of(first);
  node->items.push_back(std::move(first));
  while (skip_op("~")) {
    node->items.push_back(product());
    depth = std::max(depth, depth_of(node->items.back()));
  }
  return over(std::move(node), depth);
}

ExprPtr ExpressionParser::product() {
  static constexpr std::array<std::pair<std::string_view, BinaryOp>, 4> kSigns = {
      {{"*", BinaryOp::multiply}, {"/", BinaryOp::divide}, {"//", BinaryOp::floor_divide}, {"%", BinaryOp::modulo}}};
  auto left = power();
  while (current().type == TokenType::op) {
    const auto it =
        std::find_if(kSigns.begin(), kSigns.end(), [&](const auto& s) { return current().text == s.first; });
    if (it == kSigns.end()) break;
    const auto at = advance().at;
    left = binary(at, it->second, std::move(left), power());
  }
  return left;
}

ExprPtr ExpressionParser::power() {
  auto left = unary();
  while (current().is_op("**")) {
    const auto at = advance().at;
    left = binary(at, BinaryOp::power, std::move(left), unary());
  }
  return left;
}

ExprPtr ExpressionParser::unary(bool with_filter) {
  ExprPtr node;
  if (current().is_op("-") || current().is_op("+")) {
    const Nesting nesting(*this);
    const auto& token = advance();
    const auto op = token.text == "-" ? UnaryOp::negative : UnaryOp::positive;
    const auto at = token.at;
    auto operand = unary(false);
    const auto depth = depth_of(operand);
    node = over(std::make_unique<UnaryExpr>(at, op, std::move(operand)), depth);
  } else {
    node = primary();
  }
  node = postfix(std::move(node));
  return with_filter ? filter_chain(std::move(node)) : std::move(node);
}

ExprPtr ExpressionParser::primary(bool with_namespace) {
  const auto token = current();
  switch (token.type) {
    case TokenType::name:
      return name_or_constant(with_namespace);
    case TokenType::string: {
      std::string text;
      while (current().type == TokenType::string) text += advance().text;
      return std::make_unique<ConstExpr>(token.at, Value(std::move(text)));
    }
    case TokenType::integer:
      advance();
      return std::make_unique<ConstExpr>(token.at, Value(token.integer));
    case TokenType::floating:
      advance();
      return std::make_unique<ConstExpr>(token.at, Value(token.floating));
    default:
      break;
  }
  if (token.is_op("[")) return list();
  if (token.is_op("{")) return dict();
  if (!token.is_op("(")) fail_unexpected();
  advance();
  if (skip_op(")")) return std::make_unique<SequenceExpr>(ExprKind::tuple, token.at);
  auto node = tuple();
  expect_op(")");
  return node;
}

ExprPtr ExpressionParser::name_or_constant(bool with_namespace) {
  const auto token = advance();
  const auto constant = [&](Value value) { return std::make_unique<ConstExpr>(token.at, std::move(value)); };
  if (token.text == "true" || token.text == "True") return constant(true);
  if (token.text == "false" || token.text == "False") return constant(false);
  if (token.text == "none" || token.text == "None") return constant(nullptr);
  if (with_namespace && skip_op(".")) {
    return std::make_unique<NamespaceTarget>(token.at, token.text, expect_name().text);
  }
  return std::make_unique<NameExpr>(token.at, token.text, NameUse::load);
}

ExprPtr ExpressionParser::list() {
  auto node = std::make_unique<SequenceExpr>(ExprKind::list, expect_op("[").at);
  int depth = 0;
  while (!current().is_op("]")) {
    if (!node->items.empty()) expect_op(",");
    if (current().is_op("]")) break;
    node->items.push_back(expression());
    depth = std::max(depth, depth_of(node->items.back()));
  }
  expect_op("]");
  return over(std::move(node), depth);
}

ExprPtr ExpressionParser::dict() {
  auto node = std::make_unique<DictExpr>(expect_op("{").at);
  int depth = 0;
  while (!current().is_op("}")) {
    if (!node->entries.empty()) expect_op(",");
    if (current().is_op("}")) break;
    auto key = expression();
    expect_op(":");
    auto value = expression();
    depth = std::max({depth, depth_of(key), depth_of(value)});
    node->entries.emplace_back(std::move(key), std::move(value));
  }
  expect_op("}");
  return over(std::move(node), depth);
}

ExprPtr ExpressionParser::postfix(ExprPtr node) {
  while (true) {
    if (current().is_op(".") || current().is_op("[")) {
      node = subscript(std::move(node));
    } else if (current().is_op("(")) {
      node = call(std::move(node));
    } else {
      return node;
    }
  }
}

ExprPtr ExpressionParser::filter_chain(ExprPtr node) {
  while (true) {
    if (current().is_op("|")) {
      node = filters(std::move(node), false);
    } else if (current().is_name("is")) {
      node = test(std::move(node));
    } else if (current().is_op("(")) {
      node = call(std::move(node));
    } else {
      return node;
    }
  }
}

ExprPtr ExpressionParser::subscript(ExprPtr object) {
  const auto token = advance();
  const auto depth = depth_of(object);
  if (token.text == ".") {
    const auto attribute = advance();
    if (attribute.type == TokenType::name) {
      return over(std::make_unique<AttributeExpr>(token.at, std::move(object), attribute.text), depth);
    }
    if (attribute.type != TokenType::integer) fail(attribute.at, "expected name or number");
    auto key = std::make_unique<ConstExpr>(attribute.at, Value(attribute.integer));
    return over(std::make_unique<ItemExpr>(token.at, std::move(object), std::move(key)), depth);
  }
  std::vector<ExprPtr> keys;
  while (!current().is_op("]")) {
    if (!keys.empty()) expect_op(",");
    keys.push_back(subscript_key());
  }
  expect_op("]");
  int key_depth = 0;
  for (const auto& key : keys) key_depth = std::max(key_depth, depth_of(key));
  ExprPtr key;
  if (keys.size() == 1) {
    key = std::move(keys[0]);
  } else {
    auto several = std::make_unique<SequenceExpr>(ExprKind::tuple, token.at);
    several->items = std::move(keys);
    key = over(std::move(several), key_depth);
  }
  return over(std::make_unique<ItemExpr>(token.at, std::move(object), std::move(key)), std::max(depth, key_depth + 1));
}

ExprPtr ExpressionParser::subscript_key() {
  const auto at = current().at;
  ExprPtr start;
  if (!current().is_op(":")) {
    start = expression();
    if (!current().is_op(":")) return start;
  }
  expect_op(":");
  auto node = std::make_unique<SliceExpr>(at);
  node->start = std::move(start);
  const auto ends = [&] { return current().is_op("]") || current().is_op(","); };
  if (!current().is_op(":") && !ends()) node->stop = expression();
  if (skip_op(":") && !ends()) node->step = expression();
  const auto depth = std::max({depth_of(node->start), depth_of(node->stop), depth_of(node->step)});
  return over(std::move(node), depth);
}

CallArguments ExpressionParser::call_arguments() {
  const auto at = expect_op("(").at;
  CallArguments arguments;
  const auto ensure = [&](bool holds) {
    if (!holds) fail(at, "invalid syntax for function call expression");
  };
  bool comma = false;
  while (!current().is_op(")")) {
    if (comma) {
      expect_op(",");
      if (current().is_op(")")) break;
    }
    if (skip_op("*")) {
      ensure(!arguments.star && !arguments.double_star);
      arguments.star = expression();
    } else if (skip_op("**")) {
      ensure(!arguments.double_star);
      arguments.double_star = expression();
    } else if (current().type == TokenType::name && look().is_op("=")) {
      ensure(!arguments.double_star);
      auto name = advance().text;
      advance();
      for (const auto& [own, value] : arguments.keyword) {
        if (own == name) fail(at, fmt::format("keyword argument repeated: {}", name));
      }
      arguments.keyword.emplace_back(std::move(name), expression());
    } else {
      ensure(!arguments.star && !arguments.double_star && arguments.keyword.empty());
      arguments.positional.push_back(expression());
    }
    comma = true;
  }
  expect_op(")");
  return arguments;
}

ExprPtr ExpressionParser::call(ExprPtr callee) {
  const auto depth = depth_of(callee);
  auto node = std::make_unique<CallExpr>(current().at, std::move(callee));
  node->arguments = call_arguments();
  const auto whole = std::max(depth, depth_of(node->arguments));
  return over(std::move(node), whole);
}

std::string ExpressionParser::dotted_name() {
  auto name = expect_name().text;
  while (skip_op(".")) name += "." + expect_name().text;
  return name;
}

ExprPtr ExpressionParser::filters(ExprPtr input, bool inline_start) {
  while (inline_start || current().is_op("|")) {
    if (!inline_start) advance();
    inline_start = false;
    const auto at = current().at;
    auto depth = depth_of(input);
    auto node = std::make_unique<ApplyExpr>(ExprKind::filter, at, std::move(input), dotted_name());
    node->filter = find_filter(node->name);
    if (current().is_op("(")) node->arguments = call_arguments();
    depth = std::max(depth, depth_of(node->arguments));
    input = over(std::move(node), depth);
  }
  return input;
}

bool ExpressionParser::begins_test_argument() const {
  const auto& token = current();
  switch (token.type) {
    case TokenType::string:
    case TokenType::integer:
    case TokenType::floating:
      return true;
    case TokenType::op:
      return token.text == "[" || token.text == "{";
    case TokenType::name:
      return token.text != "else" && token.text != "or" && token.text != "and";
    default:
      return false;
  }
}

ExprPtr ExpressionParser::test(ExprPtr input) {
  const auto at = advance().at;
  const bool negated = skip_name("not");
  auto depth = depth_of(input);
  auto node = std::make_unique<ApplyExpr>(ExprKind::test, at, std::move(input), dotted_name());
  node->test = find_test(node->name);
  if (current().is_op("(")) {
    node->arguments = call_arguments();
  } else if (begins_test_argument()) {
    if (current().is_name("is")) fail(current().at, "You cannot chain multiple tests with is");
    node->arguments.positional.push_back(postfix(primary()));
  }
  depth = std::max(depth, depth_of(node->arguments));
  auto result = over(std::move(node), depth);
  if (negated) result = over(std::make_unique<UnaryExpr>(at, UnaryOp::logical_not, std::move(result)), depth + 1);
  return result;
}

void ExpressionParser::make_target(Expr& node) {
  switch (node.kind) {
    case ExprKind::name:
      static_cast<NameExpr&>(node).use = NameUse::store;
      return;
    case ExprKind::namespace_target:
      return;
    case ExprKind::tuple:
      for (const auto& item : static_cast<SequenceExpr&>(node).items) make_target(*item);
      return;
    case ExprKind::constant:
      fail(node.at, "can't assign to a constant");
    default:
      fail(node.at, "can't assign to an expression");
  }
}

ExprPtr ExpressionParser::assign_target(bool with_namespace, std::string_view end_word) {
  const auto at = current().at;
  if (ends_tuple(end_word)) fail(at, fmt::format("Expected an expression, got '{}'", current().describe()));
  auto first = primary(with_namespace);
  if (current().is_op(",")) {
    auto node = std::make_unique<SequenceExpr>(ExprKind::tuple, at);
    node->items.push_back(std::move(first));
    while (skip_op(",")) {
      if (ends_tuple(end_word)) break;
      node->items.push_back(primary(with_namespace));
    }
    first = std::move(node);
  }
  make_target(*first);
  return first;
}

std::unique_ptr<NameExpr> ExpressionParser::assign_name() {
  const auto token = expect_name();
  for (const auto* word : {"true", "false", "none", "True", "False", "None"}) {
    if (token.text == word) fail(token.at, "can't assign to '" + token.text + "'");
  }
  return std::make_unique<NameExpr>(token.at, token.text, NameUse::store);
}

}  // namespace lmms_eval::tmpl
