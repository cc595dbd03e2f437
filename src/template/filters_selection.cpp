// Filters that apply a filter or test to each item: map, select, reject, selectattr, rejectattr.
#include "template/arguments.h"
#include "template/attribute_path.h"
#include "template/objects.h"
#include "template/registries.h"

namespace lmms_eval::tmpl {
namespace {

using F = FilterFunction;

/// A lazy copy of the items, each changed or dropped by `step`, which returns false to drop.
class StepIterator final : public Iterator {
 public:
  StepIterator(std::unique_ptr<Iterator> items, std::function<bool(Value&)> step)
      : items_(std::move(items)), step_(std::move(step)) {}
  bool next(Value& item) override {
    while (items_->next(item)) {
      if (step_(item)) return true;
    }
    return false;
  }

 private:
  std::unique_ptr<Iterator> items_;
  std::function<bool(Value&)> step_;
};

Value lazily(Runtime& runtime, const Value& input, std::function<bool(Value&)> step) {
  return Generator::make(runtime, std::make_unique<StepIterator>(iterate(input), std::move(step)));
}

Value nothing(Runtime& runtime) {
  return Generator::make(runtime, [](Value&) { return false; });
}

std::string name_of(const Value& name, const char* kind) {
  if (name.is_undefined()) {
    throw failure("No {} named {}. ({}; did you forget to quote the callable name?)", kind, repr(name),
                  name.as_undefined().message);
  }
  if (!name.is_string()) throw failure("No {} named {}.", kind, repr(name));
  return name.as_string();
}

Value map(Runtime& runtime, const Value& input, Arguments arguments) {
  if (!truth(input)) return nothing(runtime);
  if (arguments.positional.empty()) {
    auto attribute = arguments.take("attribute");
    if (!attribute) throw failure("map requires a filter argument");
    auto fallback = arguments.take("default");
    if (!arguments.keyword.empty()) throw failure("Unexpected keyword argument '{}'", arguments.keyword[0].first);
    if (fallback && fallback->is_none()) fallback.reset();
    return lazily(runtime, input, [&runtime, path = AttributePath(*attribute), fallback](Value& item) {
      item = path(runtime, item, fallback ? &*fallback : nullptr);
      return true;
    });
  }
  const auto name = name_of(arguments.positional[0], "filter");
  arguments.positional.erase(arguments.positional.begin());
  return lazily(runtime, input, [&runtime, name, arguments](Value& item) {
    item = runtime.call_filter(name, item, arguments);
    return true;
  });
}

/// `by_attribute`: the test is for an attribute of the item, named by the first argument. `wanted`: what it shall say.
Value choose(Runtime& runtime, const Value& input, Arguments arguments, bool by_attribute, bool wanted) {
  if (!truth(input)) return nothing(runtime);
  AttributePath path{Value::missing()};
  auto& positional = arguments.positional;
  if (by_attribute) {
    if (positional.empty()) throw failure("Missing parameter for attribute name");
    path = AttributePath(positional[0]);
    positional.erase(positional.begin());
  }
  if (positional.empty()) {
    return lazily(runtime, input,
                  [&runtime, path, wanted](Value& item) { return truth(path(runtime, item)) == wanted; });
  }
  const auto name = name_of(positional[0], "test");
  positional.erase(positional.begin());
  return lazily(runtime, input, [&runtime, path, name, arguments, wanted](Value& item) {
    return truth(runtime.call_test(name, path(runtime, item), arguments)) == wanted;
  });
}

template <bool kByAttribute, bool kWanted>
Value chosen(Runtime& runtime, const Value& input, Arguments arguments) {
  return choose(runtime, input, std::move(arguments), kByAttribute, kWanted);
}

}  // namespace

const FilterTable& selection_filters() {
  static const FilterTable table = {
      {"map", F{map}},
      {"select", F{chosen<false, true>}},
      {"reject", F{chosen<false, false>}},
      {"selectattr", F{chosen<true, true>}},
      {"rejectattr", F{chosen<true, false>}},
  };
  return table;
}

}  // namespace lmms_eval::tmpl
