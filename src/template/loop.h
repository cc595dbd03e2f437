#pragma once

#include <memory>
#include <optional>
#include <string>

#include "template/evaluator.h"

namespace lmms_eval::tmpl {

/// `loop` inside of a for: where it is, and what comes before and after. Ends with its loop: it can be read later, but
/// has no more items then.
class Loop final : public Object, public std::enable_shared_from_this<Loop> {
 public:
  /// `closure` is null unless the loop is recursive.
  Loop(Evaluator& evaluator, const ForStmt& node, const Value& items, std::unique_ptr<Iterator> iterator,
       std::shared_ptr<Activation> closure, int depth);

  /// Moves on; false at the end.
  bool advance(Value& item);
  void close();

  std::string type_name() const override { return "LoopContext"; }
  std::string repr() const override;
  std::optional<Value> attribute(std::string_view name) override;
  std::optional<std::int64_t> length() override;
  bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override;
  void visit(const std::function<void(const Value&)>& see) const override { see(items_); }

 private:
  const Value& peek();
  Value neighbour(const Value& value, const char* message) const;
  Value cycle(const Arguments& arguments) const;
  Value changed(Arguments arguments);

  Evaluator& evaluator_;
  std::weak_ptr<const void> lifetime_;
  const ForStmt& node_;
  bool tested_;
  Value items_;
  std::unique_ptr<Iterator> iterator_;
  std::shared_ptr<Activation> closure_;
  int depth_;
  std::int64_t index0_ = -1;
  std::optional<std::int64_t> length_;
  Value before_ = Value::missing(), current_ = Value::missing(), after_ = Value::missing();
  Value last_changed_ = Value::missing();
  bool strict_;
};

/// The items of a loop that pass its test.
class TestedIterator final : public Iterator {
 public:
  TestedIterator(Evaluator& evaluator, const ForStmt& node, std::shared_ptr<Activation> activation,
                 std::unique_ptr<Iterator> items)
      : evaluator_(evaluator), node_(node), activation_(std::move(activation)), items_(std::move(items)) {}
  bool next(Value& item) override;

 private:
  Evaluator& evaluator_;
  const ForStmt& node_;
  std::shared_ptr<Activation> activation_;
  std::unique_ptr<Iterator> items_;
};

}  // namespace lmms_eval::tmpl
