#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "template/value.h"

namespace lmms_eval::tmpl {

class Runtime;

/// What a call passes: positional arguments and keyword arguments in order.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keyword;

  Arguments() = default;
  explicit Arguments(std::vector<Value> values) : positional(std::move(values)) {}
  /// Takes a keyword argument out, if it is there.
  std::optional<Value> take(std::string_view name);
};

/// Items one after another; Python's iterator protocol.
class Iterator {
 public:
  virtual ~Iterator() = default;
  /// The next item in `item`, or false at the end.
  virtual bool next(Value& item) = 0;
};

/// A Python object that is no plain data: a range, a macro, a namespace, a loop, a generator.
class Object {
 public:
  virtual ~Object() = default;

  virtual std::string type_name() const = 0;
  /// What repr() shows.
  virtual std::string repr() const { return "<" + type_name() + " object>"; }

  /// getattr(object, name); nothing if there is none.
  virtual std::optional<Value> attribute(std::string_view) { return std::nullopt; }
  /// object[key]; nothing where Python raises TypeError, LookupError.
  virtual std::optional<Value> item(const Value&) { return std::nullopt; }
  virtual bool subscriptable() const { return false; }

  virtual bool callable() const { return false; }
  virtual Value call(Runtime& runtime, Arguments arguments);

  /// Null if it cannot be iterated over.
  virtual std::unique_ptr<Iterator> iterate() { return nullptr; }
  virtual std::unique_ptr<Iterator> iterate_reversed() { return nullptr; }
  virtual std::optional<std::int64_t> length() { return std::nullopt; }
  virtual bool truth() { return length().value_or(1) != 0; }
  virtual std::optional<bool> contains(const Value&) { return std::nullopt; }
  virtual bool equals(const Object& other) const { return this == &other; }

  /// Shows the values it holds, so that cycles can be refused.
  virtual void visit(const std::function<void(const Value&)>&) const {}
};

}  // namespace lmms_eval::tmpl
