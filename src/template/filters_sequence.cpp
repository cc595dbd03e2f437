// Filters on sequences: join, sort, first, batch, groupby …
#include <algorithm>

#include "template/arguments.h"
#include "template/attribute_path.h"
#include "template/objects.h"
#include "template/registries.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

using F = FilterFunction;

void no_arguments(Arguments arguments, std::string_view name) { const Parameters none(std::move(arguments), name, {}); }

Value count(Runtime&, const Value& input, Arguments arguments) {
  no_arguments(std::move(arguments), "length");
  const auto size = length(input);
  if (!size) throw failure("object of type '{}' has no len()", type_name(input));
  return *size;
}

Value list(Runtime&, const Value& input, Arguments arguments) {
  no_arguments(std::move(arguments), "list");
  return Value::list(to_vector(input));
}

Value first(Runtime& runtime, const Value& input, Arguments arguments) {
  no_arguments(std::move(arguments), "first");
  Value item;
  if (iterate(input)->next(item)) return item;
  return runtime.undefined("No first item, sequence was empty.");
}

Value last(Runtime& runtime, const Value& input, Arguments arguments) {
  no_arguments(std::move(arguments), "last");
  const auto items = iterate_reversed(input);
  if (items == nullptr) throw failure("'{}' object is not reversible", type_name(input));
  Value item;
  if (items->next(item)) return item;
  return runtime.undefined("No last item, sequence was empty.");
}

Value join(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "join", {"d", "attribute"});
  const auto separator = p.has(0) ? str(p[0]) : "";
  const AttributePath path(p[1]);
  std::string out;
  bool begun = false;
  const auto items = iterate(input);
  for (Value item; items->next(item);) {
    if (begun) out += separator;
    begun = true;
    out += str(path(runtime, item));
    if (out.size() > kMaxTextBytes) throw failure("string is too long");
  }
  return out;
}

Value reverse(Runtime& runtime, const Value& input, Arguments arguments) {
  no_arguments(std::move(arguments), "reverse");
  if (input.is_string()) {
    auto points = code_points(input.as_string());
    std::reverse(points.begin(), points.end());
    return from_code_points(points);
  }
  if (auto items = iterate_reversed(input)) return Generator::make(runtime, std::move(items), "list_reverseiterator");
  if (!iterable(input)) throw failure("argument must be iterable");
  auto items = to_vector(input);
  std::reverse(items.begin(), items.end());
  return Value::list(std::move(items));
}

/// Stable, by keys made beforehand; reverse keeps the order of equal items, as sorted() does.
std::vector<Value> sorted(std::vector<Value> items, const std::function<Value(const Value&)>& key, bool reverse) {
  std::vector<std::pair<Value, Value>> keyed;
  keyed.reserve(items.size());
  for (auto& item : items) {
    auto item_key = key(item);
    keyed.emplace_back(std::move(item_key), std::move(item));
  }
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    return reverse ? less(b.first, a.first) : less(a.first, b.first);
  });
  items.clear();
  for (auto& [item_key, item] : keyed) items.push_back(std::move(item));
  return items;
}

Value sort(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "sort", {"reverse", "case_sensitive", "attribute"});
  const auto paths = AttributePath::several(p[2]);
  const bool sensitive = p.flag(1, false);
  const auto key = [&](const Value& item) {
    std::vector<Value> parts;
    for (const auto& path : paths) {
      auto part = path(runtime, item);
      parts.push_back(sensitive ? std::move(part) : ignore_case(std::move(part)));
    }
    return Value::list(std::move(parts));
  };
  return Value::list(sorted(to_vector(input), key, p.flag(0, false)));
}

Value dict_sort(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "dictsort", {"case_sensitive", "by", "reverse"});
  const auto by = p.text(1, "key");
  if (by != "key" && by != "value") throw failure("You can only sort by either \"key\" or \"value\"");
  if (input.is_undefined()) fail_undefined(input);
  if (!input.is_dict()) throw failure("dictsort needs a dict, not {}", type_name(input));
  std::vector<Value> pairs;
  for (const auto& [key, value] : input.as_dict().entries()) pairs.push_back(Value::tuple({key, value}));
  const bool sensitive = p.flag(0, false);
  const auto key = [&](const Value& pair) {
    auto part = pair.as_tuple().items[by == "key" ? 0 : 1];
    return sensitive ? part : ignore_case(std::move(part));
  };
  return Value::list(sorted(std::move(pairs), key, p.flag(2, false)));
}

Value items(Runtime& runtime, const Value& input, Arguments arguments) {
  no_arguments(std::move(arguments), "items");
  if (!input.is_dict() && !input.is_undefined()) throw failure("Can only get item pairs from a mapping.");
  if (input.is_undefined()) return Generator::make(runtime, [](Value&) { return false; });
  return Generator::make(runtime, DictView(input, DictView::Part::items).iterate());
}

/// Items whose key was not seen before.
class UniqueIterator final : public Iterator {
 public:
  UniqueIterator(Runtime& runtime, std::unique_ptr<Iterator> items, bool sensitive, AttributePath path)
      : runtime_(runtime), items_(std::move(items)), sensitive_(sensitive), path_(std::move(path)) {}
  bool next(Value& item) override {
    while (items_->next(item)) {
      auto key = path_(runtime_, item);
      if (!sensitive_) key = ignore_case(std::move(key));
      if (seen_.find(key) != nullptr) continue;
      seen_.set(std::move(key), Value());
      return true;
    }
    return false;
  }

 private:
  Runtime& runtime_;
  std::unique_ptr<Iterator> items_;
  bool sensitive_;
  AttributePath path_;
  Dict seen_;
};

Value unique(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "unique", {"case_sensitive", "attribute"});
  return Generator::make(
      runtime, std::make_unique<UniqueIterator>(runtime, iterate(input), p.flag(0, false), AttributePath(p[1])));
}

template <bool kMax>
Value extreme(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), kMax ? "max" : "min", {"case_sensitive", "attribute"});
  const AttributePath path(p[1]);
  const bool sensitive = p.flag(0, false);
  const auto key_of = [&](const Value& item) {
    auto key = path(runtime, item);
    return sensitive ? key : ignore_case(std::move(key));
  };
  const auto all = iterate(input);
  Value best;
  if (!all->next(best)) return runtime.undefined("No aggregated item, sequence was empty.");
  auto best_key = key_of(best);
  for (Value item; all->next(item);) {
    auto key = key_of(item);
    if (kMax ? less(best_key, key) : less(key, best_key)) {
      best = std::move(item);
      best_key = std::move(key);
    }
  }
  return best;
}

Value sum(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "sum", {"attribute", "start"});
  const AttributePath path(p[0]);
  auto total = p.get(1, 0);
  if (total.is_string()) throw failure("sum() can't sum strings [use ''.join(seq) instead]");
  const auto all = iterate(input);
  for (Value item; all->next(item);) total = add(total, path(runtime, item));
  return total;
}

class BatchIterator final : public Iterator {
 public:
  BatchIterator(std::unique_ptr<Iterator> items, std::int64_t size, Value fill)
      : items_(std::move(items)), size_(size), fill_(std::move(fill)) {}
  bool next(Value& batch) override {
    std::vector<Value> row;
    if (!held_.is_missing()) row.push_back(std::exchange(held_, Value::missing()));
    Value item;
    while (items_->next(item)) {
      // one item beyond the row shows that the row is full; a size of 0 gives an empty row first, as in Jinja
      if (static_cast<std::int64_t>(row.size()) == size_) {
        held_ = std::move(item);
        batch = Value::list(std::move(row));
        return true;
      }
      row.push_back(std::move(item));
    }
    if (row.empty()) return false;
    if (!fill_.is_none()) {
      while (static_cast<std::int64_t>(row.size()) < size_) row.push_back(fill_);
    }
    batch = Value::list(std::move(row));
    return true;
  }

 private:
  std::unique_ptr<Iterator> items_;
  std::int64_t size_;
  Value fill_;
  Value held_ = Value::missing();
};

Value batch(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "batch", {"linecount", "fill_with"}, 1);
  const auto size = p.integer(0, 1);
  if (size > static_cast<std::int64_t>(kMaxItems)) throw failure("batch of {} items is too large", size);
  return Generator::make(runtime, std::make_unique<BatchIterator>(iterate(input), size, p.get(1, Value())));
}

Value slices(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "slice", {"slices", "fill_with"}, 1);
  const auto all = to_vector(input);
  const auto number = p.integer(0, 1);
  if (number == 0) throw failure("integer division or modulo by zero");
  if (number > static_cast<std::int64_t>(kMaxItems)) throw failure("{} slices are too many", number);
  const auto fill = p.get(1, Value());
  const auto size = static_cast<std::int64_t>(all.size());
  std::vector<Value> rows;
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < number; ++i) {
    const bool extra = i < size % number;
    const auto end = begin + size / number + (extra ? 1 : 0);
    std::vector<Value> row(all.begin() + begin, all.begin() + end);
    if (!fill.is_none() && !extra) row.push_back(fill);
    rows.push_back(Value::list(std::move(row)));
    begin = end;
  }
  return Generator::make(runtime, iterate(Value::list(std::move(rows))));
}

/// A group of |groupby: a tuple whose parts have names.
class Group final : public Object {
 public:
  Group(Value key, Value members) : tuple_(Value::tuple({std::move(key), std::move(members)})) {}
  std::string type_name() const override { return "_GroupTuple"; }
  std::string repr() const override { return tmpl::repr(tuple_); }
  std::optional<Value> attribute(std::string_view name) override {
    if (name == "grouper") return tuple_.as_tuple().items[0];
    if (name == "list") return tuple_.as_tuple().items[1];
    return std::nullopt;
  }
  std::optional<Value> item(const Value& key) override { return subscript(tuple_, key); }
  bool subscriptable() const override { return true; }
  std::unique_ptr<Iterator> iterate() override { return tmpl::iterate(tuple_); }
  std::unique_ptr<Iterator> iterate_reversed() override { return tmpl::iterate_reversed(tuple_); }
  std::optional<std::int64_t> length() override { return 2; }
  void visit(const std::function<void(const Value&)>& see) const override { see(tuple_); }

 private:
  Value tuple_;
};

Value group_by(Runtime& runtime, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "groupby", {"attribute", "default", "case_sensitive"}, 1);
  const AttributePath path(p[0]);
  const Value* fallback = p.has(1) && !p[1].is_none() ? &p[1] : nullptr;
  const bool sensitive = p.flag(2, false);
  const auto real_key = [&](const Value& item) { return path(runtime, item, fallback); };
  const auto key = [&](const Value& item) { return sensitive ? real_key(item) : ignore_case(real_key(item)); };
  std::vector<Value> groups;
  std::vector<Value> members;
  Value current;
  const auto flush = [&] {
    if (members.empty()) return;
    auto name = sensitive ? current : real_key(members[0]);
    groups.push_back(make_object<Group>(std::move(name), Value::list(std::move(members))));
    members.clear();
  };
  for (auto& item : sorted(to_vector(input), key, false)) {
    auto item_key = key(item);
    if (!members.empty() && !equals(item_key, current)) flush();
    current = std::move(item_key);
    members.push_back(std::move(item));
  }
  flush();
  return Value::list(std::move(groups));
}

}  // namespace

const FilterTable& sequence_filters() {
  static const FilterTable table = {
      {"length", F{count}},       {"count", F{count}}, {"list", F{list}},       {"first", F{first}},
      {"last", F{last}},          {"join", F{join}},   {"reverse", F{reverse}}, {"sort", F{sort}},
      {"dictsort", F{dict_sort}}, {"items", F{items}}, {"unique", F{unique}},   {"min", F{extreme<false>}},
      {"max", F{extreme<true>}},  {"sum", F{sum}},     {"batch", F{batch}},     {"slice", F{slices}},
      {"groupby", F{group_by}},
  };
  return table;
}

}  // namespace lmms_eval::tmpl
