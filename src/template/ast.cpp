#include "template/ast.h"

namespace lmms_eval::tmpl {
namespace {

void visit(const ExprPtr& node, const NodeVisitor& visitor) {
  if (node) visitor.expr(*node);
}

void visit(const std::vector<ExprPtr>& nodes, const NodeVisitor& visitor) {
  for (const auto& node : nodes) visit(node, visitor);
}

void visit(const Body& body, const NodeVisitor& visitor) {
  for (const auto& node : body) visitor.stmt(*node);
}

void visit(const CallArguments& arguments, const NodeVisitor& visitor) {
  visit(arguments.positional, visitor);
  for (const auto& [name, value] : arguments.keyword) visit(value, visitor);
  visit(arguments.star, visitor);
  visit(arguments.double_star, visitor);
}

void visit(const MacroFunction& function, const NodeVisitor& visitor) {
  for (const auto& parameter : function.parameters) visitor.expr(*parameter);
  visit(function.defaults, visitor);
  visit(function.body, visitor);
}

}  // namespace

void visit_children(Expr& node, const NodeVisitor& visitor) {
  switch (node.kind) {
    case ExprKind::constant:
    case ExprKind::name:
    case ExprKind::namespace_target:
      return;
    case ExprKind::tuple:
    case ExprKind::list:
      return visit(static_cast<SequenceExpr&>(node).items, visitor);
    case ExprKind::dict:
      for (const auto& [key, value] : static_cast<DictExpr&>(node).entries) {
        visit(key, visitor);
        visit(value, visitor);
      }
      return;
    case ExprKind::unary:
      return visit(static_cast<UnaryExpr&>(node).operand, visitor);
    case ExprKind::binary:
    case ExprKind::logical:
      visit(static_cast<BinaryExpr&>(node).left, visitor);
      return visit(static_cast<BinaryExpr&>(node).right, visitor);
    case ExprKind::compare:
      visit(static_cast<CompareExpr&>(node).first, visitor);
      for (const auto& [comparison, operand] : static_cast<CompareExpr&>(node).rest) visit(operand, visitor);
      return;
    case ExprKind::concat:
      return visit(static_cast<ConcatExpr&>(node).items, visitor);
    case ExprKind::conditional:
      visit(static_cast<ConditionalExpr&>(node).test, visitor);
      visit(static_cast<ConditionalExpr&>(node).then, visitor);
      return visit(static_cast<ConditionalExpr&>(node).otherwise, visitor);
    case ExprKind::attribute:
      return visit(static_cast<AttributeExpr&>(node).object, visitor);
    case ExprKind::item:
      visit(static_cast<ItemExpr&>(node).object, visitor);
      return visit(static_cast<ItemExpr&>(node).key, visitor);
    case ExprKind::slice:
      visit(static_cast<SliceExpr&>(node).start, visitor);
      visit(static_cast<SliceExpr&>(node).stop, visitor);
      return visit(static_cast<SliceExpr&>(node).step, visitor);
    case ExprKind::filter:
    case ExprKind::test:
      visit(static_cast<ApplyExpr&>(node).input, visitor);
      return visit(static_cast<ApplyExpr&>(node).arguments, visitor);
    case ExprKind::call:
      visit(static_cast<CallExpr&>(node).callee, visitor);
      return visit(static_cast<CallExpr&>(node).arguments, visitor);
  }
}

void visit_children(Stmt& node, const NodeVisitor& visitor) {
  switch (node.kind) {
    case StmtKind::text:
    case StmtKind::break_loop:
    case StmtKind::continue_loop:
      return;
    case StmtKind::output:
      return visit(static_cast<OutputStmt&>(node).value, visitor);
    case StmtKind::for_loop: {
      auto& loop = static_cast<ForStmt&>(node);
      visit(loop.target, visitor);
      visit(loop.iterable, visitor);
      visit(loop.body, visitor);
      visit(loop.otherwise, visitor);
      return visit(loop.test, visitor);
    }
    case StmtKind::if_chain:
      for (const auto& [test, body] : static_cast<IfStmt&>(node).branches) {
        visit(test, visitor);
        visit(body, visitor);
      }
      return;
    case StmtKind::set:
      visit(static_cast<SetStmt&>(node).target, visitor);
      return visit(static_cast<SetStmt&>(node).value, visitor);
    case StmtKind::set_block:
      visit(static_cast<SetBlockStmt&>(node).target, visitor);
      visit(static_cast<SetBlockStmt&>(node).filter, visitor);
      return visit(static_cast<SetBlockStmt&>(node).body, visitor);
    case StmtKind::macro:
      return visit(static_cast<MacroStmt&>(node).function, visitor);
    case StmtKind::call_block:
      visitor.expr(*static_cast<CallBlockStmt&>(node).call);
      return visit(static_cast<CallBlockStmt&>(node).function, visitor);
    case StmtKind::filter_block:
      visit(static_cast<FilterBlockStmt&>(node).body, visitor);
      return visit(static_cast<FilterBlockStmt&>(node).filter, visitor);
    case StmtKind::with:
      for (const auto& [target, value] : static_cast<WithStmt&>(node).assignments) {
        visit(target, visitor);
        visit(value, visitor);
      }
      return visit(static_cast<WithStmt&>(node).body, visitor);
    case StmtKind::generation:
    case StmtKind::block:
      return visit(static_cast<ScopeStmt&>(node).body, visitor);
  }
}

}  // namespace lmms_eval::tmpl
