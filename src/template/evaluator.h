#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "template/ast.h"
#include "template/runtime.h"

namespace lmms_eval::tmpl {

class Namespace;

/// The variables of one running function; macros keep that of the place they were defined in.
struct Activation {
  Activation(std::size_t size, std::shared_ptr<Activation> outer_)
      : slots(size, Value::missing()), outer(std::move(outer_)) {}
  ~Activation() { dispose(slots); }
  std::vector<Value> slots;
  std::shared_ptr<Activation> outer;
};

/// The value of a context variable; `missing` if the context has none of that name.
using ContextLookup = std::function<Value(const std::string& name)>;

/// Runs a program once. Throws Failure; `position` then says where.
class Evaluator final : public Runtime {
 public:
  Evaluator(const Program& program, const TemplateOptions& options, const ContextLookup& context);
  ~Evaluator() override;

  std::string render();
  /// The value of the program's only statement, an expression.
  Value evaluate();
  Position position() const { return at_; }
  /// Told the name and place of each `{{ name }}` that prints null.
  using OnNull = std::function<void(const std::string& name, Position at)>;
  void tell_of_nulls(OnNull on_null) { on_null_ = std::move(on_null); }

  /// Runs a macro or a call block's body.
  std::string call_function(const MacroFunction& function, const std::shared_ptr<Activation>& closure,
                            Arguments arguments);
  /// Runs a recursive loop over other items.
  std::string run_recursive(const ForStmt& node, const std::shared_ptr<Activation>& closure, const Value& items,
                            int depth);
  /// Whether the test of a loop holds for an item.
  bool passes_test(const ForStmt& node, const std::shared_ptr<Activation>& activation, const Value& item);

 private:
  enum class Flow { next, break_loop, continue_loop };
  class Capture;
  class InActivation;

  Value eval(const Expr& node);
  Value eval_inner(const Expr& node);
  Value eval_name(const NameExpr& node);
  Value eval_sequence(const SequenceExpr& node);
  Value eval_dict(const DictExpr& node);
  Value eval_unary(const UnaryExpr& node);
  Value eval_binary(const BinaryExpr& node);
  Value eval_logical(const BinaryExpr& node);
  Value eval_compare(const CompareExpr& node);
  Value eval_concat(const ConcatExpr& node);
  Value eval_conditional(const ConditionalExpr& node);
  Value eval_item(const ItemExpr& node);
  Value eval_apply(const ApplyExpr& node);
  Value eval_call(const CallExpr& node, const Value* caller);
  Arguments eval_arguments(const CallArguments& arguments);

  Flow exec(const Body& body);
  Flow exec(const Stmt& node);
  Flow exec_if(const IfStmt& node);
  Flow exec_for(const ForStmt& node);
  /// The loop and its else, in the current activation.
  Flow run_loop(const ForStmt& node, const Value& items, const std::shared_ptr<Activation>& closure, int depth);
  Flow run_body(const ForStmt& node, const Value& item);
  void exec_set(const SetStmt& node);
  Flow exec_set_block(const SetBlockStmt& node);
  void exec_call_block(const CallBlockStmt& node);
  Flow exec_filter_block(const FilterBlockStmt& node);
  Flow exec_with(const WithStmt& node);
  void output(const OutputStmt& node);
  void write(const Value& value);
  void append(const std::string& text);

  void enter(const Loads& loads);
  Value external(int index);
  Value& variable(const Slot& slot);
  void assign(const Expr& target, const Value& value);
  void check_namespaces(const Expr& target);
  Namespace& namespace_of(const NamespaceTarget& target);
  Value make_macro(const MacroFunction& function);
  void bind(const MacroFunction& function, Activation& activation, Arguments arguments);
  void set_defaults(const MacroFunction& function);
  void leave(std::shared_ptr<Activation>& activation);

  const Program& program_;
  const ContextLookup& context_;
  std::vector<Value> externals_;
  std::vector<bool> looked_up_;
  std::shared_ptr<Activation> activation_;
  /// Activations that macros keep: emptied at the end, since they may hold those macros.
  std::vector<std::weak_ptr<Activation>> kept_;
  std::string* out_ = nullptr;
  const Value* block_text_ = nullptr;
  Position at_;
  OnNull on_null_;
};

}  // namespace lmms_eval::tmpl
