#include "template/loop.h"

#include "template/arguments.h"
#include "template/objects.h"

namespace lmms_eval::tmpl {
namespace {

class VectorIterator final : public Iterator {
 public:
  explicit VectorIterator(std::vector<Value> items) : items_(std::move(items)) {}
  bool next(Value& item) override {
    if (at_ >= items_.size()) return false;
    item = items_[at_++];
    return true;
  }

 private:
  std::vector<Value> items_;
  std::size_t at_ = 0;
};

}  // namespace

bool TestedIterator::next(Value& item) {
  while (items_->next(item)) {
    evaluator_.spend();
    if (evaluator_.passes_test(node_, activation_, item)) return true;
  }
  return false;
}

Loop::Loop(Evaluator& evaluator, const ForStmt& node, const Value& items, std::unique_ptr<Iterator> iterator,
           std::shared_ptr<Activation> closure, int depth)
    : evaluator_(evaluator),
      lifetime_(evaluator.lifetime()),
      node_(node),
      tested_(node.test != nullptr),
      items_(items),
      iterator_(std::move(iterator)),
      closure_(std::move(closure)),
      depth_(depth),
      strict_(evaluator.options().strict_undefined) {}

bool Loop::advance(Value& item) {
  if (!after_.is_missing()) {
    item = std::move(after_);
    after_ = Value::missing();
  } else if (iterator_ == nullptr || !iterator_->next(item)) {
    return false;
  }
  ++index0_;
  before_ = std::move(current_);
  current_ = item;
  return true;
}

void Loop::close() { iterator_.reset(); }

const Value& Loop::peek() {
  if (after_.is_missing() && iterator_ != nullptr) {
    Value item;
    if (iterator_->next(item)) after_ = std::move(item);
  }
  return after_;
}

std::optional<std::int64_t> Loop::length() {
  // a tested loop has the length of what passes, which only running it can tell
  if (!length_ && !tested_) length_ = tmpl::length(items_);
  if (!length_) {
    std::vector<Value> rest;
    for (Value item; iterator_ != nullptr && iterator_->next(item);) {
      if (rest.size() >= kMaxItems) throw failure("more than {} items", kMaxItems);
      rest.push_back(std::move(item));
    }
    length_ = static_cast<std::int64_t>(rest.size()) + index0_ + 1 + (after_.is_missing() ? 0 : 1);
    if (iterator_ != nullptr) iterator_ = std::make_unique<VectorIterator>(std::move(rest));
  }
  return length_;
}

std::string Loop::repr() const {
  return fmt::format("<LoopContext {}/{}>", index0_ + 1, const_cast<Loop*>(this)->length().value_or(0));
}

Value Loop::neighbour(const Value& value, const char* message) const {
  return value.is_missing() ? Value::undefined(message, strict_) : value;
}

std::optional<Value> Loop::attribute(std::string_view name) {
  if (name == "index") return Value(index0_ + 1);
  if (name == "index0") return Value(index0_);
  if (name == "first") return Value(index0_ == 0);
  if (name == "last") return Value(peek().is_missing());
  if (name == "length") return Value(*length());
  if (name == "revindex") return Value(*length() - index0_);
  if (name == "revindex0") return Value(*length() - index0_ - 1);
  if (name == "previtem") return neighbour(before_, "there is no previous item");
  if (name == "nextitem") return neighbour(peek(), "there is no next item");
  if (name == "depth") return Value(depth_ + 1);
  if (name == "depth0") return Value(depth_);
  if (name == "cycle") {
    return Function::make(
        "cycle", [self = shared_from_this()](Runtime&, Arguments arguments) { return self->cycle(arguments); },
        "method");
  }
  if (name == "changed") {
    return Function::make(
        "changed",
        [self = shared_from_this()](Runtime&, Arguments arguments) { return self->changed(std::move(arguments)); },
        "method");
  }
  return std::nullopt;
}

Value Loop::cycle(const Arguments& arguments) const {
  if (!arguments.keyword.empty()) throw failure("cycle() takes no keyword arguments");
  if (arguments.positional.empty()) throw failure("no items for cycling given");
  return arguments.positional[static_cast<std::size_t>(index0_) % arguments.positional.size()];
}

Value Loop::changed(Arguments arguments) {
  if (!arguments.keyword.empty()) throw failure("changed() takes no keyword arguments");
  auto value = Value::tuple(std::move(arguments.positional));
  if (!last_changed_.is_missing() && tmpl::equals(last_changed_, value)) return false;
  last_changed_ = std::move(value);
  return true;
}

Value Loop::call(Runtime&, Arguments arguments) {
  const Parameters given(std::move(arguments), "loop", {"iterable"}, 1);
  if (!closure_) throw failure("The loop must have the 'recursive' marker to be called recursively.");
  if (lifetime_.expired()) throw failure("a loop was called after the end of its template");
  return Value(evaluator_.run_recursive(node_, closure_, given[0], depth_ + 1));
}

}  // namespace lmms_eval::tmpl
