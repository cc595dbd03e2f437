#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "template/lexer.h"
#include "template/runtime.h"
#include "template/value.h"

namespace lmms_eval::tmpl {

/// Where a variable lives: how many functions out, and which slot there.
struct Slot {
  int hops = 0;
  int index = -1;
};

// --- Expressions -----------------------------------------------------------------------------------------------------

enum class ExprKind {
  constant,
  name,
  namespace_target,
  tuple,
  list,
  dict,
  unary,
  binary,
  logical,
  compare,
  concat,
  conditional,
  attribute,
  item,
  slice,
  filter,
  test,
  call
};

struct Expr {
  Expr(ExprKind kind_, Position at_) : kind(kind_), at(at_) {}
  virtual ~Expr() = default;
  ExprKind kind;
  Position at;
  /// Levels below, which the parser bounds.
  int depth = 1;
};
using ExprPtr = std::unique_ptr<Expr>;

struct ConstExpr final : Expr {
  ConstExpr(Position at_, Value value_) : Expr(ExprKind::constant, at_), value(std::move(value_)) {}
  Value value;
};

enum class NameUse { load, store, parameter };

struct NameExpr final : Expr {
  NameExpr(Position at_, std::string name_, NameUse use_)
      : Expr(ExprKind::name, at_), name(std::move(name_)), use(use_) {}
  std::string name;
  NameUse use;
  Slot slot;
};

/// `ns.attr` as the target of an assignment.
struct NamespaceTarget final : Expr {
  NamespaceTarget(Position at_, std::string name_, std::string attribute_)
      : Expr(ExprKind::namespace_target, at_), name(std::move(name_)), attribute(std::move(attribute_)) {}
  std::string name, attribute;
  Slot slot;
};

/// A tuple or a list.
struct SequenceExpr final : Expr {
  using Expr::Expr;
  std::vector<ExprPtr> items;
};

struct DictExpr final : Expr {
  explicit DictExpr(Position at_) : Expr(ExprKind::dict, at_) {}
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};

enum class UnaryOp { negative, positive, logical_not };

struct UnaryExpr final : Expr {
  UnaryExpr(Position at_, UnaryOp op_, ExprPtr operand_)
      : Expr(ExprKind::unary, at_), op(op_), operand(std::move(operand_)) {}
  UnaryOp op;
  ExprPtr operand;
};

enum class BinaryOp { add, subtract, multiply, divide, floor_divide, modulo, power, logical_and, logical_or };

/// Arithmetic, and `and`/`or` with kind logical.
struct BinaryExpr final : Expr {
  BinaryExpr(ExprKind kind_, Position at_, BinaryOp op_, ExprPtr left_, ExprPtr right_)
      : Expr(kind_, at_), op(op_), left(std::move(left_)), right(std::move(right_)) {}
  BinaryOp op;
  ExprPtr left, right;
};

/// a < b <= c …
struct CompareExpr final : Expr {
  CompareExpr(Position at_, ExprPtr first_) : Expr(ExprKind::compare, at_), first(std::move(first_)) {}
  ExprPtr first;
  std::vector<std::pair<Comparison, ExprPtr>> rest;
};

/// a ~ b ~ c
struct ConcatExpr final : Expr {
  explicit ConcatExpr(Position at_) : Expr(ExprKind::concat, at_) {}
  std::vector<ExprPtr> items;
};

/// a if test else b; b may be absent
struct ConditionalExpr final : Expr {
  ConditionalExpr(Position at_, ExprPtr test_, ExprPtr then_, ExprPtr otherwise_)
      : Expr(ExprKind::conditional, at_),
        test(std::move(test_)),
        then(std::move(then_)),
        otherwise(std::move(otherwise_)) {}
  ExprPtr test, then, otherwise;
};

struct AttributeExpr final : Expr {
  AttributeExpr(Position at_, ExprPtr object_, std::string name_)
      : Expr(ExprKind::attribute, at_), object(std::move(object_)), name(std::move(name_)) {}
  ExprPtr object;
  std::string name;
};

struct ItemExpr final : Expr {
  ItemExpr(Position at_, ExprPtr object_, ExprPtr key_)
      : Expr(ExprKind::item, at_), object(std::move(object_)), key(std::move(key_)) {}
  ExprPtr object, key;
};

/// start:stop:step between brackets; each may be absent.
struct SliceExpr final : Expr {
  explicit SliceExpr(Position at_) : Expr(ExprKind::slice, at_) {}
  ExprPtr start, stop, step;
};

struct CallArguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> keyword;
  ExprPtr star, double_star;
};

/// `input | name(arguments)` or `input is name(arguments)`; a filter without input works on the text of its block.
struct ApplyExpr final : Expr {
  ApplyExpr(ExprKind kind_, Position at_, ExprPtr input_, std::string name_)
      : Expr(kind_, at_), input(std::move(input_)), name(std::move(name_)) {}
  ExprPtr input;
  std::string name;
  CallArguments arguments;
  FilterFunction filter = nullptr;
  TestFunction test = nullptr;
};

struct CallExpr final : Expr {
  CallExpr(Position at_, ExprPtr callee_) : Expr(ExprKind::call, at_), callee(std::move(callee_)) {}
  ExprPtr callee;
  CallArguments arguments;
};

// --- Statements ------------------------------------------------------------------------------------------------------

enum class StmtKind {
  text,
  output,
  for_loop,
  if_chain,
  set,
  set_block,
  macro,
  call_block,
  filter_block,
  with,
  generation,
  block,
  break_loop,
  continue_loop
};

struct Stmt {
  Stmt(StmtKind kind_, Position at_) : kind(kind_), at(at_) {}
  virtual ~Stmt() = default;
  StmtKind kind;
  Position at;
};
using StmtPtr = std::unique_ptr<Stmt>;
using Body = std::vector<StmtPtr>;

/// How a variable of a scope gets its value when the scope is entered.
struct Load {
  enum class Source { context, alias, unset };
  int slot = -1;
  Source source = Source::unset;
  /// For context: the index of the name among the template's external names. For alias: the outer variable.
  int external = -1;
  Slot outer;
};
using Loads = std::vector<Load>;

struct TextStmt final : Stmt {
  TextStmt(Position at_, std::string text_) : Stmt(StmtKind::text, at_), text(std::move(text_)) {}
  std::string text;
};

struct OutputStmt final : Stmt {
  OutputStmt(Position at_, ExprPtr value_) : Stmt(StmtKind::output, at_), value(std::move(value_)) {}
  ExprPtr value;
};

struct ForStmt final : Stmt {
  explicit ForStmt(Position at_) : Stmt(StmtKind::for_loop, at_) {}
  ExprPtr target, iterable, test;
  Body body, otherwise;
  bool recursive = false;

  /// The test sees the target in a scope of its own, as it runs ahead of the body.
  ExprPtr test_target;
  Loads body_loads, test_loads, otherwise_loads;
  int loop_slot = -1;
  bool uses_loop = false;
  /// Recursive loops are functions with variables of their own.
  int frame_size = 0;
};

struct IfStmt final : Stmt {
  explicit IfStmt(Position at_) : Stmt(StmtKind::if_chain, at_) {}
  /// A branch without test is the else.
  std::vector<std::pair<ExprPtr, Body>> branches;
};

struct SetStmt final : Stmt {
  explicit SetStmt(Position at_) : Stmt(StmtKind::set, at_) {}
  ExprPtr target, value;
};

struct SetBlockStmt final : Stmt {
  explicit SetBlockStmt(Position at_) : Stmt(StmtKind::set_block, at_) {}
  ExprPtr target, filter;
  Body body;
  Loads loads;
};

/// What macros and call blocks share: a function from arguments to text.
struct MacroFunction {
  std::string name;
  std::vector<std::unique_ptr<NameExpr>> parameters;
  /// Of the last parameters.
  std::vector<ExprPtr> defaults;
  Body body;

  Loads loads;
  int frame_size = 0;
  /// Slots of the special variables, -1 if the body does not use them.
  int caller_slot = -1, kwargs_slot = -1, varargs_slot = -1;
};

struct MacroStmt final : Stmt {
  explicit MacroStmt(Position at_) : Stmt(StmtKind::macro, at_) {}
  MacroFunction function;
  Slot slot;
};

struct CallBlockStmt final : Stmt {
  explicit CallBlockStmt(Position at_) : Stmt(StmtKind::call_block, at_) {}
  MacroFunction function;
  std::unique_ptr<CallExpr> call;
};

struct FilterBlockStmt final : Stmt {
  explicit FilterBlockStmt(Position at_) : Stmt(StmtKind::filter_block, at_) {}
  ExprPtr filter;
  Body body;
  Loads loads;
};

struct WithStmt final : Stmt {
  explicit WithStmt(Position at_) : Stmt(StmtKind::with, at_) {}
  std::vector<std::pair<ExprPtr, ExprPtr>> assignments;
  Body body;
  Loads loads;
};

/// {% generation %} and {% block %}, which here only open a scope.
struct ScopeStmt final : Stmt {
  using Stmt::Stmt;
  std::string name;
  Body body;
  Loads loads;
};

/// {% break %} and {% continue %}
struct JumpStmt final : Stmt {
  using Stmt::Stmt;
};

/// A parsed template: its statements, and what the scope analysis found out.
struct Program {
  Body body;
  Loads loads;
  int frame_size = 0;
  /// Names looked up in the context when the template runs.
  std::vector<std::string> externals;
};

/// Calls back with each part of an expression or statement, in the order of the template.
struct NodeVisitor {
  std::function<void(Expr&)> expr;
  std::function<void(Stmt&)> stmt;
};
void visit_children(Expr& node, const NodeVisitor& visitor);
void visit_children(Stmt& node, const NodeVisitor& visitor);

}  // namespace lmms_eval::tmpl
