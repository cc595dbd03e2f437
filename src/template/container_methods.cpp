// Methods of list, tuple, dict and the numbers.
#include <algorithm>
#include <cmath>

#include "template/arguments.h"
#include "template/objects.h"
#include "template/registries.h"

namespace lmms_eval::tmpl {
namespace {

void no_arguments(Arguments arguments, std::string_view name) { const Parameters none(std::move(arguments), name, {}); }

std::optional<std::size_t> find_item(const std::vector<Value>& items, const Value& value, std::int64_t start,
                                     std::int64_t stop) {
  const auto range = resolve_slice(static_cast<std::int64_t>(items.size()), Value(start), Value(stop), Value());
  for (std::int64_t i = 0; i < range.count; ++i) {
    const auto& item = items[static_cast<std::size_t>(range.start + i)];
    if (same(item, value) || equals(item, value)) return static_cast<std::size_t>(range.start + i);
  }
  return std::nullopt;
}

Value index(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "index", {"", "", ""}, 1);
  const auto at = find_item(*self.sequence(), p[0], p.integer(1, 0), p.integer(2, INT64_MAX));
  if (!at) throw failure("{} is not in {}", repr(p[0]), type_name(self));
  return *at;
}

Value count(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "count", {""}, 1);
  const auto& items = *self.sequence();
  return std::count_if(items.begin(), items.end(),
                       [&](const Value& item) { return same(item, p[0]) || equals(item, p[0]); });
}

void check_growth(const std::vector<Value>& items, std::size_t more) {
  if (items.size() + more > kMaxItems) throw failure("list is too long");
}

Value append(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "append", {""}, 1);
  auto& items = self.as_list().items;
  check_growth(items, 1);
  forbid_cycle(self, p[0]);
  items.push_back(p[0]);
  return {};
}

Value extend(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "extend", {""}, 1);
  const auto more = to_vector(p[0]);
  auto& items = self.as_list().items;
  check_growth(items, more.size());
  for (const auto& item : more) forbid_cycle(self, item);
  items.insert(items.end(), more.begin(), more.end());
  return {};
}

Value insert(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "insert", {"", ""}, 2);
  auto& items = self.as_list().items;
  check_growth(items, 1);
  forbid_cycle(self, p[1]);
  const auto size = static_cast<std::int64_t>(items.size());
  auto at = p.integer(0, 0);
  at = std::clamp<std::int64_t>(at < 0 ? std::max(at, -size) + size : at, 0, size);
  items.insert(items.begin() + at, p[1]);
  return {};
}

Value list_pop(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "pop", {""});
  auto& items = self.as_list().items;
  if (items.empty()) throw failure("pop from empty list");
  auto at = p.integer(0, -1);
  const auto size = static_cast<std::int64_t>(items.size());
  if (at < 0) at += size;
  if (at < 0 || at >= size) throw failure("pop index out of range");
  auto value = std::move(items[static_cast<std::size_t>(at)]);
  items.erase(items.begin() + at);
  return value;
}

Value remove(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "remove", {""}, 1);
  auto& items = self.as_list().items;
  const auto at = find_item(items, p[0], 0, INT64_MAX);
  if (!at) throw failure("list.remove(x): x not in list");
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(*at));
  return {};
}

Value reverse(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "reverse");
  std::reverse(self.as_list().items.begin(), self.as_list().items.end());
  return {};
}

Value sort(Runtime& runtime, const Value& self, Arguments arguments) {
  auto key = arguments.take("key");
  auto reversed = arguments.take("reverse");
  no_arguments(std::move(arguments), "sort");
  const bool descending = reversed && truth(*reversed);
  std::vector<std::pair<Value, Value>> keyed;
  for (const auto& item : self.as_list().items) {
    keyed.emplace_back(key && !key->is_none() ? runtime.call(*key, Arguments({item})) : item, item);
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return descending ? less(b.first, a.first) : less(a.first, b.first);
  });
  auto& items = self.as_list().items;
  items.clear();
  for (auto& [item_key, item] : keyed) items.push_back(std::move(item));
  return {};
}

Value list_clear(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "clear");
  self.as_list().items.clear();
  return {};
}

Value list_copy(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "copy");
  return Value::list(self.as_list().items);
}

Value get(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "get", {"", ""}, 1);
  const auto* value = self.as_dict().find(p[0]);
  return value != nullptr ? *value : p.get(1, Value());
}

template <DictView::Part kPart>
Value view(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "dict view");
  return make_object<DictView>(self, kPart);
}

Value dict_pop(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "pop", {"", ""}, 1);
  auto value = self.as_dict().take(p[0]);
  if (!value.is_missing()) return value;
  if (!p.has(1)) throw failure("no key {} in the dict", repr(p[0]));
  return p[1];
}

Value pop_item(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "popitem");
  auto& dict = self.as_dict();
  if (dict.size() == 0) throw failure("popitem(): dictionary is empty");
  const auto key = dict.entries().back().first;
  return Value::tuple({key, dict.take(key)});
}

Value set_default(Runtime&, const Value& self, Arguments arguments) {
  const Parameters p(std::move(arguments), "setdefault", {"", ""}, 1);
  auto& dict = self.as_dict();
  if (const auto* value = dict.find(p[0])) return *value;
  forbid_cycle(self, p.get(1, Value()));
  dict.set(p[0], p.get(1, Value()));
  return p.get(1, Value());
}

Value update(Runtime& runtime, const Value& self, Arguments arguments) {
  // made by dict(), which takes the same arguments
  const auto more = runtime.call(find_global("dict", runtime.options()), std::move(arguments));
  auto& dict = self.as_dict();
  check_growth({}, dict.size() + more.as_dict().size());
  for (const auto& [key, value] : more.as_dict().entries()) {
    forbid_cycle(self, value);
    dict.set(key, value);
  }
  return {};
}

Value dict_clear(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "clear");
  self.as_dict().clear();
  return {};
}

Value dict_copy(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "copy");
  return Value(std::make_shared<Dict>(self.as_dict()));
}

Value from_keys(Runtime&, const Value&, Arguments arguments) {
  const Parameters p(std::move(arguments), "fromkeys", {"", ""}, 1);
  auto dict = std::make_shared<Dict>();
  for (const auto& key : to_vector(p[0])) dict->set(key, p.get(1, Value()));
  return Value(std::move(dict));
}

Value is_integer(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "is_integer");
  const auto number = self.as_double();
  return std::isfinite(number) && number == std::floor(number);
}

Value bit_length(Runtime&, const Value& self, Arguments arguments) {
  no_arguments(std::move(arguments), "bit_length");
  const auto number = self.as_int();
  auto magnitude = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::int64_t bits = 0;
  for (; magnitude != 0; magnitude >>= 1) ++bits;
  return bits;
}

}  // namespace

const MethodTable& list_methods() {
  static const MethodTable table = {
      {"index", {index}},
      {"count", {count}},
      {"copy", {list_copy}},
      {"append", {append, true}},
      {"extend", {extend, true}},
      {"insert", {insert, true}},
      {"pop", {list_pop, true}},
      {"remove", {remove, true}},
      {"reverse", {reverse, true}},
      {"sort", {sort, true}},
      {"clear", {list_clear, true}},
  };
  return table;
}

const MethodTable& tuple_methods() {
  static const MethodTable table = {{"index", {index}}, {"count", {count}}};
  return table;
}

const MethodTable& dict_methods() {
  static const MethodTable table = {
      {"get", {get}},
      {"keys", {view<DictView::Part::keys>}},
      {"values", {view<DictView::Part::values>}},
      {"items", {view<DictView::Part::items>}},
      {"copy", {dict_copy}},
      {"fromkeys", {from_keys}},
      {"pop", {dict_pop, true}},
      {"popitem", {pop_item, true}},
      {"setdefault", {set_default, true}},
      {"update", {update, true}},
      {"clear", {dict_clear, true}},
  };
  return table;
}

const MethodTable& float_methods() {
  static const MethodTable table = {{"is_integer", {is_integer}}};
  return table;
}

const MethodTable& int_methods() {
  static const MethodTable table = {{"bit_length", {bit_length}}};
  return table;
}

}  // namespace lmms_eval::tmpl
