#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "template/failure.h"
#include "template/object.h"
#include "template/operators.h"
#include "template/options.h"

namespace lmms_eval::tmpl {

/// What filters, tests, methods and functions may ask of the render they run in: Jinja's attribute rules, calls, and
/// the budget that ends endless templates. Lives as long as one render.
class Runtime {
 public:
  explicit Runtime(const TemplateOptions& options);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  virtual ~Runtime();
  /// The innermost of this thread, null outside of renders.
  static Runtime* running();

  const TemplateOptions& options() const { return options_; }

  /// An undefined value of the kind the options ask for.
  Value undefined(std::string message) const { return Value::undefined(std::move(message), options_.strict_undefined); }
  /// `object.name`: the attribute, else the item, else undefined.
  Value get_attribute(const Value& object, std::string_view name) const;
  /// `object[key]`: the item, else the attribute, else undefined.
  Value get_item(const Value& object, const Value& key) const;
  /// getattr(object, name) alone.
  std::optional<Value> python_attribute(const Value& object, std::string_view name) const;

  Value call(const Value& callee, Arguments arguments);
  /// `object.name(arguments)` without making the bound method first.
  Value call_method(const Value& object, std::string_view name, Arguments arguments);
  Value call_filter(std::string_view name, const Value& input, Arguments arguments);
  Value call_test(std::string_view name, const Value& input, Arguments arguments);

  /// Counts work; throws Failure when a render has done more than any sane template.
  void spend(std::size_t steps = 1) {
    steps_ += steps;
    if (steps_ > kMaxSteps) throw failure("template ran for more than {} steps", kMaxSteps);
  }
  /// Expires with the render: what outlives it (a generator in a caller's list) must not use it.
  std::weak_ptr<const void> lifetime() const { return lifetime_; }

  /// Counts how deep the evaluation is nested, so that endless recursion is an error instead of a crash.
  class Nesting {
   public:
    explicit Nesting(Runtime& runtime) : runtime_(runtime) {
      if (++runtime_.depth_ > kMaxDepth) {
        --runtime_.depth_;
        throw failure("maximum recursion depth exceeded");
      }
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ~Nesting() { --runtime_.depth_; }

   private:
    Runtime& runtime_;
  };

 private:
  static constexpr std::size_t kMaxSteps = 10'000'000;
  static constexpr int kMaxDepth = 2500;

  bool unsafe(const Value& object, std::string_view name) const;
  Value unsafe_attribute(const Value& object, std::string_view name) const;

  const TemplateOptions& options_;
  Runtime* around_ = nullptr;
  std::size_t steps_ = 0;
  int depth_ = 0;
  std::shared_ptr<const int> lifetime_ = std::make_shared<const int>(0);
};

using FilterFunction = Value (*)(Runtime&, const Value& input, Arguments arguments);
using TestFunction = bool (*)(Runtime&, const Value& input, Arguments arguments);
using MethodFunction = Value (*)(Runtime&, const Value& self, Arguments arguments);

/// A method of a built-in type.
struct Method {
  MethodFunction function;
  /// Changes the list or dict it is called on, so immutable environments hide it.
  bool mutates = false;
};

// The registries; null if there is no such name.
FilterFunction find_filter(std::string_view name);
TestFunction find_test(std::string_view name);
const Method* find_method(const Value& value, std::string_view name);
/// A global such as `range`, given the options; `missing` if there is none.
Value find_global(std::string_view name, const TemplateOptions& options);

}  // namespace lmms_eval::tmpl
