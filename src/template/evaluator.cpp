// Expressions; statements are in statements.cpp.
#include "template/evaluator.h"

#include "template/objects.h"

namespace lmms_eval::tmpl {

Evaluator::Evaluator(const Program& program, const TemplateOptions& options, const ContextLookup& context)
    : Runtime(options),
      program_(program),
      context_(context),
      externals_(program.externals.size(), Value::missing()),
      looked_up_(program.externals.size(), false) {}

Evaluator::~Evaluator() {
  for (const auto& weak : kept_) {
    if (const auto activation = weak.lock()) dispose(activation->slots);
  }
}

Value Evaluator::evaluate() {
  activation_ = std::make_shared<Activation>(program_.frame_size, nullptr);
  enter(program_.loads);
  return eval(*static_cast<const OutputStmt&>(*program_.body[0]).value);
}

Value& Evaluator::variable(const Slot& slot) {
  auto* activation = activation_.get();
  for (int i = 0; i < slot.hops; ++i) activation = activation->outer.get();
  return activation->slots[static_cast<std::size_t>(slot.index)];
}

Value Evaluator::external(int index) {
  const auto i = static_cast<std::size_t>(index);
  if (!looked_up_[i]) {
    const auto& name = program_.externals[i];
    externals_[i] = context_(name);
    if (externals_[i].is_missing()) externals_[i] = find_global(name, options());
    looked_up_[i] = true;
  }
  return externals_[i];
}

void Evaluator::enter(const Loads& loads) {
  for (const auto& load : loads) {
    auto value = Value::missing();
    if (load.source == Load::Source::context) value = external(load.external);
    if (load.source == Load::Source::alias) value = variable(load.outer);
    activation_->slots[static_cast<std::size_t>(load.slot)] = std::move(value);
  }
}

Value Evaluator::eval(const Expr& node) {
  if (node.kind == ExprKind::constant) return static_cast<const ConstExpr&>(node).value;
  if (node.kind == ExprKind::name) return eval_name(static_cast<const NameExpr&>(node));
  const Nesting nesting(*this);
  return eval_inner(node);
}

Value Evaluator::eval_inner(const Expr& node) {
  switch (node.kind) {
    case ExprKind::tuple:
    case ExprKind::list:
      return eval_sequence(static_cast<const SequenceExpr&>(node));
    case ExprKind::dict:
      return eval_dict(static_cast<const DictExpr&>(node));
    case ExprKind::unary:
      return eval_unary(static_cast<const UnaryExpr&>(node));
    case ExprKind::binary:
      return eval_binary(static_cast<const BinaryExpr&>(node));
    case ExprKind::logical:
      return eval_logical(static_cast<const BinaryExpr&>(node));
    case ExprKind::compare:
      return eval_compare(static_cast<const CompareExpr&>(node));
    case ExprKind::concat:
      return eval_concat(static_cast<const ConcatExpr&>(node));
    case ExprKind::conditional:
      return eval_conditional(static_cast<const ConditionalExpr&>(node));
    case ExprKind::attribute: {
      const auto& attribute = static_cast<const AttributeExpr&>(node);
      const auto object = eval(*attribute.object);
      at_ = node.at;
      return get_attribute(object, attribute.name);
    }
    case ExprKind::item:
      return eval_item(static_cast<const ItemExpr&>(node));
    case ExprKind::filter:
    case ExprKind::test:
      return eval_apply(static_cast<const ApplyExpr&>(node));
    case ExprKind::call:
      return eval_call(static_cast<const CallExpr&>(node), nullptr);
    default:
      at_ = node.at;
      throw failure("this expression has no value here");
  }
}

Value Evaluator::eval_name(const NameExpr& node) {
  const auto& value = variable(node.slot);
  if (!value.is_missing()) return value;
  at_ = node.at;
  return undefined("'" + node.name + "' is undefined");
}

Value Evaluator::eval_sequence(const SequenceExpr& node) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const auto& item : node.items) items.push_back(eval(*item));
  return node.kind == ExprKind::list ? Value::list(std::move(items)) : Value::tuple(std::move(items));
}

Value Evaluator::eval_dict(const DictExpr& node) {
  auto dict = std::make_shared<Dict>();
  for (const auto& [key_node, value_node] : node.entries) {
    auto key = eval(*key_node);
    auto value = eval(*value_node);
    at_ = key_node->at;
    dict->set(std::move(key), std::move(value));
  }
  return dict;
}

Value Evaluator::eval_unary(const UnaryExpr& node) {
  const auto operand = eval(*node.operand);
  at_ = node.at;
  switch (node.op) {
    case UnaryOp::negative:
      return negate(operand);
    case UnaryOp::positive:
      return positive(operand);
    case UnaryOp::logical_not:
      return !truth(operand);
  }
  return {};
}

Value Evaluator::eval_binary(const BinaryExpr& node) {
  const auto left = eval(*node.left);
  const auto right = eval(*node.right);
  at_ = node.at;
  switch (node.op) {
    case BinaryOp::add:
      return add(left, right);
    case BinaryOp::subtract:
      return subtract(left, right);
    case BinaryOp::multiply:
      return multiply(left, right);
    case BinaryOp::divide:
      return divide(left, right);
    case BinaryOp::floor_divide:
      return floor_divide(left, right);
    case BinaryOp::modulo:
      return modulo(left, right);
    default:
      return power(left, right);
  }
}

Value Evaluator::eval_logical(const BinaryExpr& node) {
  auto left = eval(*node.left);
  at_ = node.at;
  const bool decided = truth(left) == (node.op == BinaryOp::logical_or);
  return decided ? left : eval(*node.right);
}

Value Evaluator::eval_compare(const CompareExpr& node) {
  auto left = eval(*node.first);
  for (const auto& [comparison, operand] : node.rest) {
    auto right = eval(*operand);
    at_ = node.at;
    if (!compare(comparison, left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Value Evaluator::eval_concat(const ConcatExpr& node) {
  std::vector<Value> parts;
  parts.reserve(node.items.size());
  for (const auto& item : node.items) parts.push_back(eval(*item));
  at_ = node.at;
  std::string text;
  for (const auto& part : parts) {
    text += part.is_string() ? part.as_string() : str(part);
    if (text.size() > kMaxTextBytes) throw failure("string is too long");
  }
  return text;
}

Value Evaluator::eval_conditional(const ConditionalExpr& node) {
  const auto test = eval(*node.test);
  at_ = node.at;
  if (truth(test)) return eval(*node.then);
  if (node.otherwise) return eval(*node.otherwise);
  // lenient even where undefined values are strict, as in Jinja
  return Value::undefined(fmt::format("the inline if-expression on line {} evaluated to false and no else section was "
                                      "defined.",
                                      node.at.line),
                          false);
}

Value Evaluator::eval_item(const ItemExpr& node) {
  const auto object = eval(*node.object);
  if (node.key->kind != ExprKind::slice) {
    const auto key = eval(*node.key);
    at_ = node.at;
    return get_item(object, key);
  }
  const auto& bounds = static_cast<const SliceExpr&>(*node.key);
  const auto bound = [&](const ExprPtr& part) { return part ? eval(*part) : Value(); };
  const auto start = bound(bounds.start);
  const auto stop = bound(bounds.stop);
  const auto step = bound(bounds.step);
  at_ = node.at;
  return slice(object, start, stop, step);
}

Value Evaluator::eval_apply(const ApplyExpr& node) {
  const auto input = node.input ? eval(*node.input) : *block_text_;
  auto arguments = eval_arguments(node.arguments);
  at_ = node.at;
  if (node.kind == ExprKind::filter) {
    if (node.filter == nullptr) throw failure("No filter named '{}' found.", node.name);
    return node.filter(*this, input, std::move(arguments));
  }
  if (node.test == nullptr) throw failure("No test named '{}' found.", node.name);
  return node.test(*this, input, std::move(arguments));
}

Arguments Evaluator::eval_arguments(const CallArguments& nodes) {
  Arguments arguments;
  arguments.positional.reserve(nodes.positional.size());
  for (const auto& node : nodes.positional) arguments.positional.push_back(eval(*node));
  for (const auto& [name, node] : nodes.keyword) arguments.keyword.emplace_back(name, eval(*node));
  if (nodes.star) {
    const auto more = eval(*nodes.star);
    at_ = nodes.star->at;
    for (auto& value : to_vector(more)) arguments.positional.push_back(std::move(value));
  }
  if (nodes.double_star) {
    const auto more = eval(*nodes.double_star);
    at_ = nodes.double_star->at;
    if (more.is_undefined()) fail_undefined(more);
    if (!more.is_dict()) throw failure("argument after ** must be a mapping, not {}", type_name(more));
    for (const auto& [key, value] : more.as_dict().entries()) {
      if (!key.is_string()) throw failure("keywords must be strings");
      for (const auto& own : arguments.keyword) {
        if (own.first == key.as_string()) throw failure("multiple values for keyword argument '{}'", own.first);
      }
      arguments.keyword.emplace_back(key.as_string(), value);
    }
  }
  return arguments;
}

Value Evaluator::eval_call(const CallExpr& node, const Value* caller) {
  const auto with_caller = [&](Arguments arguments) {
    if (caller != nullptr) arguments.keyword.emplace_back("caller", *caller);
    return arguments;
  };
  if (node.callee->kind == ExprKind::attribute) {
    const auto& attribute = static_cast<const AttributeExpr&>(*node.callee);
    const auto object = eval(*attribute.object);
    at_ = attribute.at;
    if (object.is_undefined()) fail_undefined(object);
    auto arguments = with_caller(eval_arguments(node.arguments));
    at_ = node.at;
    return call_method(object, attribute.name, std::move(arguments));
  }
  const auto callee = eval(*node.callee);
  auto arguments = with_caller(eval_arguments(node.arguments));
  at_ = node.at;
  return call(callee, std::move(arguments));
}

}  // namespace lmms_eval::tmpl
