// Length, iteration, subscripts and slices as Python has them.
#include <algorithm>
#include <limits>
#include <unordered_set>

#include "template/failure.h"
#include "template/objects.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

/// Lists are read as they are, so one that grows during the loop is followed, as in Python.
class SequenceIterator final : public Iterator {
 public:
  explicit SequenceIterator(Value sequence) : sequence_(std::move(sequence)) {}
  bool next(Value& item) override {
    const auto& items = *sequence_.sequence();
    if (at_ >= items.size()) return false;
    item = items[at_++];
    return true;
  }

 private:
  Value sequence_;
  std::size_t at_ = 0;
};

class ReverseSequenceIterator final : public Iterator {
 public:
  explicit ReverseSequenceIterator(Value sequence)
      : sequence_(std::move(sequence)), at_(sequence_.sequence()->size()) {}
  bool next(Value& item) override {
    const auto& items = *sequence_.sequence();
    if (at_ == 0 || at_ > items.size()) return false;
    item = items[--at_];
    return true;
  }

 private:
  Value sequence_;
  std::size_t at_;
};

class TextIterator final : public Iterator {
 public:
  explicit TextIterator(Value text) : text_(std::move(text)) {}
  bool next(Value& item) override {
    const auto& bytes = text_.as_string();
    if (at_ >= bytes.size()) return false;
    const auto begin = at_;
    next_code_point(bytes, at_);
    item = Value(bytes.substr(begin, at_ - begin));
    return true;
  }

 private:
  Value text_;
  std::size_t at_ = 0;
};

class KeyIterator final : public Iterator {
 public:
  explicit KeyIterator(Value dict) : dict_(std::move(dict)), size_(dict_.as_dict().size()) {}
  bool next(Value& item) override {
    const auto& entries = dict_.as_dict().entries();
    if (entries.size() != size_) throw failure("dictionary changed size during iteration");
    if (at_ >= size_) return false;
    item = entries[at_++].first;
    return true;
  }

 private:
  Value dict_;
  std::size_t size_;
  std::size_t at_ = 0;
};

class EmptyIterator final : public Iterator {
 public:
  bool next(Value&) override { return false; }
};

class ItemsIterator final : public Iterator {
 public:
  explicit ItemsIterator(std::vector<Value> items) : items_(std::move(items)) {}
  bool next(Value& item) override {
    if (at_ >= items_.size()) return false;
    item = items_[at_++];
    return true;
  }

 private:
  std::vector<Value> items_;
  std::size_t at_ = 0;
};

/// A position from the front for one counted from either end; nothing if it is outside.
std::optional<std::size_t> position(std::int64_t index, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  return static_cast<std::size_t>(index);
}

std::optional<Value> character(const Text& text, std::int64_t index) {
  const auto at = position(index, text.length());
  if (!at) return std::nullopt;
  if (text.ascii()) return Value(std::string(1, text.bytes()[*at]));
  const auto begin = byte_offset(text.bytes(), *at);
  auto end = begin;
  next_code_point(text.bytes(), end);
  return Value(text.bytes().substr(begin, end - begin));
}

Value slice_text(const Text& text, const SliceRange& range) {
  const auto make = [&](std::string bytes) {
    return text.markup() ? Value::markup(std::move(bytes)) : Value(std::move(bytes));
  };
  if (range.step == 1) {
    const auto start = static_cast<std::size_t>(range.start);
    const auto count = static_cast<std::size_t>(range.count);
    if (text.ascii()) return make(text.bytes().substr(start, count));
    const auto begin = byte_offset(text.bytes(), start);
    const auto size = byte_offset(std::string_view(text.bytes()).substr(begin), count);
    return make(text.bytes().substr(begin, size));
  }
  const auto points = code_points(text.bytes());
  std::string result;
  for (std::int64_t i = 0; i < range.count; ++i) {
    append_utf8(result, points[static_cast<std::size_t>(range.start + i * range.step)]);
  }
  return make(std::move(result));
}

std::vector<Value> slice_items(const std::vector<Value>& items, const SliceRange& range) {
  std::vector<Value> result;
  result.reserve(static_cast<std::size_t>(range.count));
  for (std::int64_t i = 0; i < range.count; ++i) {
    result.push_back(items[static_cast<std::size_t>(range.start + i * range.step)]);
  }
  return result;
}

/// Looks for a container in a value; what stands in several places of it is looked at once.
class ContainerSearch {
 public:
  explicit ContainerSearch(const Value& container) : container_(container) {}

  void visit(const Value& value, int depth) {
    if (depth > kMaxNesting) throw failure("value is nested too deeply");
    if (value.kind() < Kind::list) return;
    if (value.identity() == container_.identity())
      throw failure("a {} cannot be put into itself", type_name(container_));
    if (!seen_.insert(value.identity()).second) return;
    if (const auto* items = value.sequence()) {
      for (const auto& item : *items) visit(item, depth + 1);
    } else if (value.is_dict()) {
      for (const auto& [key, item] : value.as_dict().entries()) {
        visit(key, depth + 1);
        visit(item, depth + 1);
      }
    } else {
      value.as_object().visit([&](const Value& item) { visit(item, depth + 1); });
    }
  }

 private:
  const Value& container_;
  std::unordered_set<const void*> seen_;
};

}  // namespace

std::string type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
      return "missing";
    case Kind::undefined:
      return value.as_undefined().strict ? "StrictUndefined" : "Undefined";
    case Kind::none:
      return "NoneType";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::floating:
      return "float";
    case Kind::string:
      return value.as_text().markup() ? "Markup" : "str";
    case Kind::list:
      return "list";
    case Kind::tuple:
      return "tuple";
    case Kind::dict:
      return "dict";
    case Kind::object:
      return value.as_object().type_name();
  }
  return "object";
}

std::optional<std::int64_t> length(const Value& value) {
  switch (value.kind()) {
    case Kind::string:
      return static_cast<std::int64_t>(value.as_text().length());
    case Kind::list:
      return static_cast<std::int64_t>(value.as_list().items.size());
    case Kind::tuple:
      return static_cast<std::int64_t>(value.as_tuple().items.size());
    case Kind::dict:
      return static_cast<std::int64_t>(value.as_dict().size());
    case Kind::object:
      return value.as_object().length();
    case Kind::undefined:
      if (value.as_undefined().strict) fail_undefined(value);
      return 0;
    default:
      return std::nullopt;
  }
}

bool iterable(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      if (value.as_undefined().strict) fail_undefined(value);
      return true;
    case Kind::string:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
      return true;
    case Kind::object:
      return value.as_object().iterate() != nullptr;
    default:
      return false;
  }
}

std::unique_ptr<Iterator> iterate(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      if (value.as_undefined().strict) fail_undefined(value);
      return std::make_unique<EmptyIterator>();
    case Kind::string:
      return std::make_unique<TextIterator>(value);
    case Kind::list:
    case Kind::tuple:
      return std::make_unique<SequenceIterator>(value);
    case Kind::dict:
      return std::make_unique<KeyIterator>(value);
    case Kind::object:
      if (auto iterator = value.as_object().iterate()) return iterator;
      break;
    default:
      break;
  }
  throw failure("'{}' object is not iterable", type_name(value));
}

std::vector<Value> to_vector(const Value& value) {
  if (const auto* items = value.sequence()) return *items;
  std::vector<Value> items;
  const auto iterator = iterate(value);
  for (Value item; iterator->next(item);) {
    if (items.size() >= kMaxItems) throw failure("more than {} items", kMaxItems);
    items.push_back(std::move(item));
  }
  return items;
}

std::unique_ptr<Iterator> iterate_reversed(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      return iterate(value);
    case Kind::string:
    case Kind::dict: {
      auto items = to_vector(value);
      std::reverse(items.begin(), items.end());
      return std::make_unique<ItemsIterator>(std::move(items));
    }
    case Kind::list:
    case Kind::tuple:
      return std::make_unique<ReverseSequenceIterator>(value);
    case Kind::object:
      return value.as_object().iterate_reversed();
    default:
      return nullptr;
  }
}

std::optional<Value> subscript(const Value& value, const Value& key) {
  switch (value.kind()) {
    case Kind::undefined:
      fail_undefined(value);
    case Kind::string:
      return key.is_integral() ? character(value.as_text(), key.as_int()) : std::nullopt;
    case Kind::list:
    case Kind::tuple: {
      if (!key.is_integral()) return std::nullopt;
      const auto& items = *value.sequence();
      const auto at = position(key.as_int(), items.size());
      return at ? std::optional<Value>(items[*at]) : std::nullopt;
    }
    case Kind::dict: {
      if (key.is_list() || key.is_dict()) return std::nullopt;
      const auto* found = value.as_dict().find(key);
      return found == nullptr ? std::nullopt : std::optional<Value>(*found);
    }
    case Kind::object:
      return value.as_object().item(key);
    default:
      return std::nullopt;
  }
}

SliceRange resolve_slice(std::int64_t length, const Value& start, const Value& stop, const Value& step) {
  const auto integer = [](const Value& value) {
    if (value.is_undefined()) fail_undefined(value);
    if (!value.is_integral()) throw failure("slice indices must be integers or None, not {}", type_name(value));
    return value.as_int();
  };
  auto stride = step.is_none() ? 1 : integer(step);
  if (stride == 0) throw failure("slice step cannot be zero");
  stride = std::max(stride, -std::numeric_limits<std::int64_t>::max());
  const std::int64_t lowest = stride > 0 ? 0 : -1;
  const std::int64_t highest = stride > 0 ? length : length - 1;
  const auto bound = [&](const Value& value, std::int64_t fallback) {
    if (value.is_none()) return fallback;
    auto at = integer(value);
    if (at < 0) at = at < -length ? lowest : at + length;
    return std::clamp(at, lowest, highest);
  };
  const auto first = bound(start, stride > 0 ? lowest : highest);
  const auto last = bound(stop, stride > 0 ? highest : lowest);
  std::int64_t count = 0;
  if (stride > 0 && first < last) count = (last - first - 1) / stride + 1;
  if (stride < 0 && first > last) count = (first - last - 1) / -stride + 1;
  return {first, stride, count};
}

Value slice(const Value& value, const Value& start, const Value& stop, const Value& step) {
  const auto range = [&](std::size_t size) {
    return resolve_slice(static_cast<std::int64_t>(size), start, stop, step);
  };
  switch (value.kind()) {
    case Kind::undefined:
      fail_undefined(value);
    case Kind::string:
      return slice_text(value.as_text(), range(value.as_text().length()));
    case Kind::list:
      return Value::list(slice_items(value.as_list().items, range(value.as_list().items.size())));
    case Kind::tuple:
      return Value::tuple(slice_items(value.as_tuple().items, range(value.as_tuple().items.size())));
    case Kind::dict:
      throw failure("unhashable type: 'slice'");
    default:
      break;
  }
  if (const auto size = length(value); size && value.is_object() && value.as_object().subscriptable()) {
    if (const auto* numbers = value.as<Range>()) return numbers->part(range(static_cast<std::size_t>(*size)));
  }
  throw failure("'{}' object is not subscriptable", type_name(value));
}

void forbid_cycle(const Value& container, const Value& value) { ContainerSearch(container).visit(value, 0); }

}  // namespace lmms_eval::tmpl
