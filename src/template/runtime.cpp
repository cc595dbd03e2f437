#include "template/runtime.h"

#include <utility>

namespace lmms_eval::tmpl {
namespace {

/// `object.method`, kept for a later call.
class BoundMethod final : public Object {
 public:
  BoundMethod(Value self, std::string name, const Method& method)
      : self_(std::move(self)), name_(std::move(name)), method_(method) {}

  std::string type_name() const override { return "builtin_function_or_method"; }
  std::string repr() const override {
    return "<built-in method " + name_ + " of " + tmpl::type_name(self_) + " object>";
  }
  bool callable() const override { return true; }
  Value call(Runtime& runtime, Arguments arguments) override {
    return method_.function(runtime, self_, std::move(arguments));
  }
  void visit(const std::function<void(const Value&)>& see) const override { see(self_); }

 private:
  Value self_;
  std::string name_;
  const Method& method_;
};

/// 'dict object', as messages name what was looked into.
std::string object_name(const Value& object) { return object.is_none() ? "None" : type_name(object) + " object"; }

}  // namespace

namespace {
thread_local Runtime* running_here = nullptr;
}

Runtime::Runtime(const TemplateOptions& options) : options_(options), around_(std::exchange(running_here, this)) {}
Runtime::~Runtime() { running_here = around_; }
Runtime* Runtime::running() { return running_here; }

void count_work() {
  if (auto* runtime = Runtime::running()) runtime->spend();
}

Value Object::call(Runtime&, Arguments) { throw failure("'{}' object is not callable", type_name()); }

bool Runtime::unsafe(const Value& object, std::string_view name) const {
  if (name.starts_with("__")) return true;
  if (!options_.immutable) return false;
  if (name.starts_with('_')) return true;
  const auto* method = find_method(object, name);
  return method != nullptr && method->mutates;
}

Value Runtime::unsafe_attribute(const Value& object, std::string_view name) const {
  return undefined(fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, type_name(object)));
}

std::optional<Value> Runtime::python_attribute(const Value& object, std::string_view name) const {
  if (object.is_object()) return object.as_object().attribute(name);
  if (const auto* method = find_method(object, name)) {
    return Value(std::static_pointer_cast<Object>(std::make_shared<BoundMethod>(object, std::string(name), *method)));
  }
  return std::nullopt;
}

Value Runtime::get_attribute(const Value& object, std::string_view name) const {
  if (object.is_undefined()) fail_undefined(object);
  if (object.is_dict() && find_method(object, name) == nullptr) {
    if (const auto* value = object.as_dict().find(name)) return *value;
  } else if (auto value = python_attribute(object, name)) {
    return unsafe(object, name) ? unsafe_attribute(object, name) : std::move(*value);
  } else if (object.is_object()) {
    if (auto item = object.as_object().item(Value(name))) return std::move(*item);
  }
  return undefined(fmt::format("'{}' has no attribute '{}'", object_name(object), name));
}

Value Runtime::get_item(const Value& object, const Value& key) const {
  if (auto item = subscript(object, key)) return std::move(*item);
  if (!key.is_string()) return undefined(fmt::format("{} has no element {}", object_name(object), repr(key)));
  const auto& name = key.as_string();
  if (auto value = python_attribute(object, name)) {
    return unsafe(object, name) ? unsafe_attribute(object, name) : std::move(*value);
  }
  return undefined(fmt::format("'{}' has no attribute '{}'", object_name(object), name));
}

Value Runtime::call(const Value& callee, Arguments arguments) {
  if (callee.is_undefined()) fail_undefined(callee);
  if (!callee.is_object()) throw failure("'{}' object is not callable", type_name(callee));
  spend();
  // the callee may be overwritten during the call
  const auto keep = callee.object_pointer();
  return keep->call(*this, std::move(arguments));
}

Value Runtime::call_method(const Value& object, std::string_view name, Arguments arguments) {
  const auto* method = object.is_object() || object.is_undefined() ? nullptr : find_method(object, name);
  if (method == nullptr || unsafe(object, name)) return call(get_attribute(object, name), std::move(arguments));
  spend();
  return method->function(*this, object, std::move(arguments));
}

Value Runtime::call_filter(std::string_view name, const Value& input, Arguments arguments) {
  const auto filter = find_filter(name);
  if (filter == nullptr) throw failure("No filter named '{}' found.", name);
  return filter(*this, input, std::move(arguments));
}

Value Runtime::call_test(std::string_view name, const Value& input, Arguments arguments) {
  const auto test = find_test(name);
  if (test == nullptr) throw failure("No test named '{}' found.", name);
  return test(*this, input, std::move(arguments));
}

}  // namespace lmms_eval::tmpl
