// Statements, scopes, macros and loops of the evaluator.
#include <algorithm>

#include "template/arguments.h"
#include "template/evaluator.h"
#include "template/loop.h"
#include "template/objects.h"

namespace lmms_eval::tmpl {
namespace {

/// {% macro %} as a value, and `caller` in a macro used by {% call %}.
class Macro final : public Object {
 public:
  Macro(Evaluator& evaluator, const MacroFunction& function, std::shared_ptr<Activation> closure)
      : evaluator_(evaluator), lifetime_(evaluator.lifetime()), function_(function), closure_(std::move(closure)) {}

  std::string type_name() const override { return "Macro"; }
  std::string repr() const override {
    return function_.name.empty() ? "<Macro anonymous>" : "<Macro " + repr_text(function_.name) + ">";
  }
  bool callable() const override { return true; }
  Value call(Runtime&, Arguments arguments) override {
    if (lifetime_.expired()) throw failure("a macro was called after the end of its template");
    return Value(evaluator_.call_function(function_, closure_, std::move(arguments)));
  }
  std::optional<Value> attribute(std::string_view name) override {
    if (lifetime_.expired()) return std::nullopt;
    if (name == "name") return function_.name.empty() ? Value() : Value(function_.name);
    if (name == "catch_kwargs") return Value(function_.kwargs_slot >= 0);
    if (name == "catch_varargs") return Value(function_.varargs_slot >= 0);
    if (name == "caller") return Value(function_.caller_slot >= 0);
    if (name != "arguments") return std::nullopt;
    std::vector<Value> names;
    for (const auto& parameter : function_.parameters) names.emplace_back(parameter->name);
    return Value::tuple(std::move(names));
  }

  const Activation* closure() const { return closure_.get(); }

 private:
  Evaluator& evaluator_;
  std::weak_ptr<const void> lifetime_;
  const MacroFunction& function_;
  std::shared_ptr<Activation> closure_;
};

}  // namespace

/// Sends output to a text of its own while it lives.
class Evaluator::Capture {
 public:
  explicit Capture(Evaluator& evaluator) : evaluator_(evaluator), outer_(std::exchange(evaluator.out_, &text)) {}
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { evaluator_.out_ = outer_; }
  std::string text;

 private:
  Evaluator& evaluator_;
  std::string* outer_;
};

/// Runs in another activation while it lives.
class Evaluator::InActivation {
 public:
  InActivation(Evaluator& evaluator, std::shared_ptr<Activation> activation)
      : evaluator_(evaluator), outer_(std::exchange(evaluator.activation_, std::move(activation))) {}
  InActivation(const InActivation&) = delete;
  InActivation& operator=(const InActivation&) = delete;
  ~InActivation() {
    evaluator_.leave(evaluator_.activation_);
    evaluator_.activation_ = std::move(outer_);
  }

 private:
  Evaluator& evaluator_;
  std::shared_ptr<Activation> outer_;
};

std::string Evaluator::render() {
  activation_ = std::make_shared<Activation>(program_.frame_size, nullptr);
  kept_.push_back(activation_);
  enter(program_.loads);
  std::string text;
  out_ = &text;
  exec(program_.body);
  return text;
}

/// A function ends. If nothing but macros in its own variables refers to the activation, these are let go; else a macro
/// has left it and keeps it, until the end of the render at the latest.
void Evaluator::leave(std::shared_ptr<Activation>& activation) {
  if (activation.use_count() == 1) return;
  long own = 1;
  for (const auto& value : activation->slots) {
    const auto* macro = value.as<Macro>();
    if (macro != nullptr && macro->closure() == activation.get() && value.shares() == 1) ++own;
  }
  if (activation.use_count() == own) {
    dispose(activation->slots);
  } else {
    kept_.push_back(activation);
  }
}

Evaluator::Flow Evaluator::exec(const Body& body) {
  for (const auto& node : body) {
    if (const auto flow = exec(*node); flow != Flow::next) return flow;
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::exec(const Stmt& node) {
  if (node.kind == StmtKind::text) {
    append(static_cast<const TextStmt&>(node).text);
    return Flow::next;
  }
  const Nesting nesting(*this);
  switch (node.kind) {
    case StmtKind::output:
      output(static_cast<const OutputStmt&>(node));
      return Flow::next;
    case StmtKind::if_chain:
      return exec_if(static_cast<const IfStmt&>(node));
    case StmtKind::for_loop:
      return exec_for(static_cast<const ForStmt&>(node));
    case StmtKind::set:
      exec_set(static_cast<const SetStmt&>(node));
      return Flow::next;
    case StmtKind::set_block:
      return exec_set_block(static_cast<const SetBlockStmt&>(node));
    case StmtKind::macro: {
      const auto& macro = static_cast<const MacroStmt&>(node);
      variable(macro.slot) = make_macro(macro.function);
      return Flow::next;
    }
    case StmtKind::call_block:
      exec_call_block(static_cast<const CallBlockStmt&>(node));
      return Flow::next;
    case StmtKind::filter_block:
      return exec_filter_block(static_cast<const FilterBlockStmt&>(node));
    case StmtKind::with:
      return exec_with(static_cast<const WithStmt&>(node));
    case StmtKind::generation:
    case StmtKind::block: {
      const auto& scope = static_cast<const ScopeStmt&>(node);
      enter(scope.loads);
      return exec(scope.body);
    }
    case StmtKind::break_loop:
      return Flow::break_loop;
    case StmtKind::continue_loop:
      return Flow::continue_loop;
    default:
      return Flow::next;
  }
}

void Evaluator::output(const OutputStmt& node) {
  const Value value = eval(*node.value);
  if (on_null_ && value.is_none() && node.value->kind == ExprKind::name)
    on_null_(static_cast<const NameExpr&>(*node.value).name, node.value->at);
  write(value);
}

void Evaluator::write(const Value& value) {
  if (value.is_string())
    append(value.as_string());
  else
    append(str(value));
}

void Evaluator::append(const std::string& text) {
  *out_ += text;
  if (out_->size() > kMaxTextBytes) throw failure("template wrote more than {} bytes", kMaxTextBytes);
}

Evaluator::Flow Evaluator::exec_if(const IfStmt& node) {
  for (const auto& [test, body] : node.branches) {
    if (test) {
      const auto value = eval(*test);
      at_ = test->at;
      if (!truth(value)) continue;
    }
    return exec(body);
  }
  return Flow::next;
}

Evaluator::Flow Evaluator::exec_for(const ForStmt& node) {
  const auto items = eval(*node.iterable);
  at_ = node.at;
  if (!node.recursive) return run_loop(node, items, nullptr, 0);
  const auto text = run_recursive(node, activation_, items, 0);
  *out_ += text;
  return Flow::next;
}

std::string Evaluator::run_recursive(const ForStmt& node, const std::shared_ptr<Activation>& closure,
                                     const Value& items, int depth) {
  const Nesting nesting(*this);
  const InActivation inside(*this, std::make_shared<Activation>(node.frame_size, closure));
  Capture capture(*this);
  run_loop(node, items, closure, depth);
  return std::move(capture.text);
}

bool Evaluator::passes_test(const ForStmt& node, const std::shared_ptr<Activation>& activation, const Value& item) {
  // not InActivation: the activation goes on after this
  auto outer = std::exchange(activation_, activation);
  struct Restore {
    std::shared_ptr<Activation>& place;
    std::shared_ptr<Activation>& value;
    ~Restore() { place = std::move(value); }
  } restore{activation_, outer};
  assign(*node.test_target, item);
  const auto value = eval(*node.test);
  at_ = node.test->at;
  return truth(value);
}

Evaluator::Flow Evaluator::run_loop(const ForStmt& node, const Value& items, const std::shared_ptr<Activation>& closure,
                                    int depth) {
  at_ = node.iterable->at;
  auto iterator = iterate(items);
  if (node.test) {
    enter(node.test_loads);
    iterator = std::make_unique<TestedIterator>(*this, node, activation_, std::move(iterator));
  }
  std::shared_ptr<Loop> loop;
  if (node.uses_loop) loop = std::make_shared<Loop>(*this, node, items, std::move(iterator), closure, depth);
  struct Close {
    std::shared_ptr<Loop>& loop;
    ~Close() {
      if (loop) loop->close();
    }
  } close{loop};
  // Jinja's rule is odd: the else runs unless an iteration came to its end, so also after a break in the first
  bool completed = false;
  const auto advance = [&](Value& item) {
    at_ = node.iterable->at;
    return loop ? loop->advance(item) : iterator->next(item);
  };
  for (Value item; advance(item);) {
    spend();
    if (loop)
      activation_->slots[static_cast<std::size_t>(node.loop_slot)] = Value(std::static_pointer_cast<Object>(loop));
    const auto flow = run_body(node, item);
    if (flow == Flow::break_loop) break;
    completed = completed || flow == Flow::next;
  }
  if (loop) activation_->slots[static_cast<std::size_t>(node.loop_slot)] = Value::missing();
  if (completed) return Flow::next;
  enter(node.otherwise_loads);
  return exec(node.otherwise);
}

Evaluator::Flow Evaluator::run_body(const ForStmt& node, const Value& item) {
  at_ = node.target->at;
  assign(*node.target, item);
  enter(node.body_loads);
  return exec(node.body);
}

Namespace& Evaluator::namespace_of(const NamespaceTarget& target) {
  at_ = target.at;
  auto* object = variable(target.slot).as<Namespace>();
  if (object == nullptr) throw failure("cannot assign attribute on non-namespace object");
  return *object;
}

/// Checked before the value is computed, as Jinja does.
void Evaluator::check_namespaces(const Expr& target) {
  if (target.kind == ExprKind::namespace_target) namespace_of(static_cast<const NamespaceTarget&>(target));
  if (target.kind == ExprKind::tuple) {
    for (const auto& item : static_cast<const SequenceExpr&>(target).items) check_namespaces(*item);
  }
}

void Evaluator::exec_set(const SetStmt& node) {
  check_namespaces(*node.target);
  const auto value = eval(*node.value);
  at_ = node.at;
  assign(*node.target, value);
}

void Evaluator::assign(const Expr& target, const Value& value) {
  if (target.kind == ExprKind::name) {
    variable(static_cast<const NameExpr&>(target).slot) = value;
    return;
  }
  if (target.kind == ExprKind::namespace_target) {
    const auto& place = static_cast<const NamespaceTarget&>(target);
    auto& object = namespace_of(place);
    Namespace::check_name(*this, place.attribute);
    forbid_cycle(variable(place.slot), value);
    object.set(place.attribute, value);
    return;
  }
  const auto& targets = static_cast<const SequenceExpr&>(target).items;
  if (!value.is_undefined() && !iterable(value))
    throw failure("cannot unpack non-iterable {} object", type_name(value));
  const auto items = to_vector(value);
  if (items.size() < targets.size()) {
    throw failure("not enough values to unpack (expected {}, got {})", targets.size(), items.size());
  }
  if (items.size() > targets.size()) throw failure("too many values to unpack (expected {})", targets.size());
  for (std::size_t i = 0; i < items.size(); ++i) assign(*targets[i], items[i]);
}

Evaluator::Flow Evaluator::exec_set_block(const SetBlockStmt& node) {
  enter(node.loads);
  Value text;
  {
    Capture capture(*this);
    if (const auto flow = exec(node.body); flow != Flow::next) return flow;
    text = Value(std::move(capture.text));
  }
  if (node.filter) {
    const auto* outer = std::exchange(block_text_, &text);
    auto filtered = eval(*node.filter);
    block_text_ = outer;
    text = std::move(filtered);
  }
  at_ = node.at;
  assign(*node.target, text);
  return Flow::next;
}

Evaluator::Flow Evaluator::exec_filter_block(const FilterBlockStmt& node) {
  enter(node.loads);
  Value text;
  {
    Capture capture(*this);
    if (const auto flow = exec(node.body); flow != Flow::next) return flow;
    text = Value(std::move(capture.text));
  }
  const auto* outer = std::exchange(block_text_, &text);
  const auto filtered = eval(*node.filter);
  block_text_ = outer;
  at_ = node.at;
  write(filtered);
  return Flow::next;
}

Evaluator::Flow Evaluator::exec_with(const WithStmt& node) {
  enter(node.loads);
  for (const auto& [target, value_node] : node.assignments) {
    const auto value = eval(*value_node);
    at_ = target->at;
    assign(*target, value);
  }
  return exec(node.body);
}

Value Evaluator::make_macro(const MacroFunction& function) { return make_object<Macro>(*this, function, activation_); }

void Evaluator::exec_call_block(const CallBlockStmt& node) {
  const auto caller = make_macro(node.function);
  write(eval_call(*node.call, &caller));
}

std::string Evaluator::call_function(const MacroFunction& function, const std::shared_ptr<Activation>& closure,
                                     Arguments arguments) {
  const Nesting nesting(*this);
  auto activation = std::make_shared<Activation>(function.frame_size, closure);
  bind(function, *activation, std::move(arguments));
  const InActivation inside(*this, std::move(activation));
  enter(function.loads);
  set_defaults(function);
  Capture capture(*this);
  exec(function.body);
  return std::move(capture.text);
}

void Evaluator::bind(const MacroFunction& function, Activation& activation, Arguments arguments) {
  const auto slot = [&](int index) -> Value& { return activation.slots[static_cast<std::size_t>(index)]; };
  const auto count = function.parameters.size();
  auto& given = arguments.positional;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& parameter = *function.parameters[i];
    if (i < given.size()) {
      slot(parameter.slot.index) = std::move(given[i]);
    } else if (auto named = arguments.take(parameter.name)) {
      slot(parameter.slot.index) = std::move(*named);
    }
  }
  if (function.caller_slot >= 0) {
    auto caller = arguments.take("caller");
    slot(function.caller_slot) = caller && !caller->is_none() ? *caller : undefined("No caller defined");
  }
  if (function.kwargs_slot >= 0) {
    auto dict = std::make_shared<Dict>();
    for (auto& [name, value] : arguments.keyword) dict->set(Value(name), std::move(value));
    slot(function.kwargs_slot) = Value(std::move(dict));
  } else if (!arguments.keyword.empty()) {
    throw failure("macro '{}' takes no keyword argument '{}'", function.name, arguments.keyword[0].first);
  }
  std::vector<Value> rest;
  for (auto i = count; i < given.size(); ++i) rest.push_back(std::move(given[i]));
  if (function.varargs_slot >= 0) {
    slot(function.varargs_slot) = Value::tuple(std::move(rest));
  } else if (!rest.empty()) {
    throw failure("macro '{}' takes not more than {} argument(s)", function.name, count);
  }
}

void Evaluator::set_defaults(const MacroFunction& function) {
  const auto count = function.parameters.size();
  const auto first_default = count - function.defaults.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& parameter = *function.parameters[i];
    if (!variable(parameter.slot).is_missing()) continue;
    auto value = i >= first_default ? eval(*function.defaults[i - first_default])
                                    : undefined(fmt::format("parameter '{}' was not provided", parameter.name));
    variable(parameter.slot) = std::move(value);
  }
}

}  // namespace lmms_eval::tmpl
