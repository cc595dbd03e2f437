#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "template/runtime.h"

namespace lmms_eval::tmpl {

/// A function made in C++: globals, loop.cycle, cycler.next.
class Function final : public Object {
 public:
  using Body = std::function<Value(Runtime&, Arguments)>;
  static Value make(std::string name, Body body, std::string type = "function");

  Function(std::string name, Body body, std::string type)
      : name_(std::move(name)), body_(std::move(body)), type_(std::move(type)) {}
  std::string type_name() const override { return type_; }
  std::string repr() const override { return "<" + type_ + " " + name_ + ">"; }
  bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override { return body_(runtime, std::move(arguments)); }

 private:
  std::string name_;
  Body body_;
  std::string type_;
};

/// namespace(): attributes that loops and blocks can assign.
class Namespace final : public Object {
 public:
  explicit Namespace(Dict attributes) : attributes_(std::move(attributes)) {}
  std::string type_name() const override { return "Namespace"; }
  std::string repr() const override;
  std::optional<Value> attribute(std::string_view name) override;
  void set(const std::string& name, Value value);
  /// transformers' rule for chat templates: no names that begin with an underscore. Throws Failure.
  static void check_name(const Runtime& runtime, std::string_view name);
  void visit(const std::function<void(const Value&)>& see) const override;

 private:
  Dict attributes_;
};

/// range(start, stop, step)
class Range final : public Object {
 public:
  Range(std::int64_t start, std::int64_t stop, std::int64_t step);
  std::string type_name() const override { return "range"; }
  std::string repr() const override;
  std::optional<Value> attribute(std::string_view name) override;
  std::optional<Value> item(const Value& key) override;
  bool subscriptable() const override { return true; }
  std::unique_ptr<Iterator> iterate() override;
  std::unique_ptr<Iterator> iterate_reversed() override;
  std::optional<std::int64_t> length() override { return count_; }
  std::optional<bool> contains(const Value& value) override;
  bool equals(const Object& other) const override;
  /// This part of the range, as a range.
  Value part(const SliceRange& range) const;

 private:
  std::int64_t start_, stop_, step_, count_;
};

/// dict.keys(), .values() and .items(): see later changes of the dict.
class DictView final : public Object {
 public:
  enum class Part { keys, values, items };
  DictView(Value dict, Part part) : dict_(std::move(dict)), part_(part) {}
  std::string type_name() const override;
  std::string repr() const override;
  std::unique_ptr<Iterator> iterate() override;
  std::unique_ptr<Iterator> iterate_reversed() override;
  std::optional<std::int64_t> length() override { return static_cast<std::int64_t>(dict_.as_dict().size()); }
  std::optional<bool> contains(const Value& value) override;
  bool equals(const Object& other) const override;
  void visit(const std::function<void(const Value&)>& see) const override { see(dict_); }

 private:
  Value part_of(const Dict::Entry& entry) const;
  Value dict_;
  Part part_;
};

/// What lazy filters (map, select …) give: items made when asked for, once.
class Generator final : public Object, public std::enable_shared_from_this<Generator> {
 public:
  /// `next` sets the next item or returns false; it is not called after the render of `runtime` has ended.
  static Value make(Runtime& runtime, std::function<bool(Value&)> next, std::string type = "generator");
  static Value make(Runtime& runtime, std::unique_ptr<Iterator> items, std::string type = "generator");

  Generator(Runtime& runtime, std::function<bool(Value&)> next, std::string type)
      : runtime_(runtime), lifetime_(runtime.lifetime()), next_(std::move(next)), type_(std::move(type)) {}
  std::string type_name() const override { return type_; }
  std::unique_ptr<Iterator> iterate() override;
  bool next(Value& item);

 private:
  Runtime& runtime_;
  std::weak_ptr<const void> lifetime_;
  std::function<bool(Value&)> next_;
  std::string type_;
};

/// cycler('a', 'b')
class Cycler final : public Object, public std::enable_shared_from_this<Cycler> {
 public:
  explicit Cycler(std::vector<Value> items) : items_(std::move(items)) {}
  std::string type_name() const override { return "Cycler"; }
  std::optional<Value> attribute(std::string_view name) override;
  void visit(const std::function<void(const Value&)>& see) const override {
    for (const auto& item : items_) see(item);
  }

 private:
  std::vector<Value> items_;
  std::size_t at_ = 0;
};

/// joiner(', '): empty at the first call, then the separator.
class Joiner final : public Object {
 public:
  explicit Joiner(Value separator) : separator_(std::move(separator)) {}
  std::string type_name() const override { return "Joiner"; }
  std::optional<Value> attribute(std::string_view name) override;
  bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override;

 private:
  Value separator_;
  bool used_ = false;
};

template <typename T, typename... Args>
Value make_object(Args&&... args) {
  return Value(std::static_pointer_cast<Object>(std::make_shared<T>(std::forward<Args>(args)...)));
}

}  // namespace lmms_eval::tmpl
