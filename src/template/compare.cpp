// Truth, equality, order, hashing and membership as Python has them.
#include <algorithm>
#include <cmath>
#include <functional>

#include "template/failure.h"
#include "template/operators.h"

namespace lmms_eval::tmpl {
namespace {

void guard(int depth) {
  if (depth > kMaxNesting) throw failure("value is nested too deeply");
  count_work();
}

bool equal_at(const Value& a, const Value& b, int depth);

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b, int depth) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i]) && !equal_at(a[i], b[i], depth + 1)) return false;
  }
  return true;
}

bool equal_dicts(const Dict& a, const Dict& b, int depth) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.entries().begin(), a.entries().end(), [&](const auto& entry) {
    const auto* other = b.find(entry.first);
    return other != nullptr && (same(entry.second, *other) || equal_at(entry.second, *other, depth + 1));
  });
}

bool equal_numbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return a.as_int() == b.as_int();
  if (a.is_float() && b.is_float()) return a.as_double() == b.as_double();
  // long double holds every 64-bit integer
  const auto exact = [](const Value& v) {
    return v.is_float() ? static_cast<long double>(v.as_double()) : static_cast<long double>(v.as_int());
  };
  return exact(a) == exact(b);
}

bool equal_at(const Value& a, const Value& b, int depth) {
  guard(depth);
  if (a.is_undefined() || b.is_undefined()) {
    for (const auto* side : {&a, &b}) {
      if (side->is_undefined() && side->as_undefined().strict) fail_undefined(*side);
    }
    return a.is_undefined() && b.is_undefined();
  }
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::none:
      return true;
    case Kind::string:
      return a.as_string() == b.as_string();
    case Kind::list:
      return equal_items(a.as_list().items, b.as_list().items, depth);
    case Kind::tuple:
      return equal_items(a.as_tuple().items, b.as_tuple().items, depth);
    case Kind::dict:
      return equal_dicts(a.as_dict(), b.as_dict(), depth);
    case Kind::object:
      return a.as_object().equals(b.as_object());
    default:
      return false;
  }
}

/// -1, 0, 1, or 2 for numbers that cannot be ordered (NaN).
int order_numbers(const Value& a, const Value& b) {
  const auto compare = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2; };
  if (a.is_integral() && b.is_integral()) return compare(a.as_int(), b.as_int());
  const auto exact = [](const Value& v) {
    return v.is_float() ? static_cast<long double>(v.as_double()) : static_cast<long double>(v.as_int());
  };
  return compare(exact(a), exact(b));
}

const char* sign_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::lt:
      return "<";
    case Comparison::le:
      return "<=";
    case Comparison::gt:
      return ">";
    default:
      return ">=";
  }
}

bool holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::lt:
      return order == -1;
    case Comparison::le:
      return order == -1 || order == 0;
    case Comparison::gt:
      return order == 1;
    default:
      return order == 1 || order == 0;
  }
}

bool ordered(Comparison comparison, const Value& a, const Value& b, int depth) {
  guard(depth);
  if (a.is_undefined()) fail_undefined(a);
  if (b.is_undefined()) fail_undefined(b);
  if (a.is_number() && b.is_number()) return holds(comparison, order_numbers(a, b));
  if (a.is_string() && b.is_string()) {
    const auto order = a.as_string().compare(b.as_string());
    return holds(comparison, order < 0 ? -1 : order > 0 ? 1 : 0);
  }
  if ((a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple())) {
    const auto& left = *a.sequence();
    const auto& right = *b.sequence();
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
      if (same(left[i], right[i]) || equals(left[i], right[i])) continue;
      return ordered(comparison, left[i], right[i], depth + 1);
    }
    return holds(comparison, left.size() < right.size() ? -1 : left.size() > right.size() ? 1 : 0);
  }
  throw failure("'{}' not supported between instances of '{}' and '{}'", sign_of(comparison), type_name(a),
                type_name(b));
}

std::size_t hash_at(const Value& value, int depth) {
  guard(depth);
  switch (value.kind()) {
    case Kind::none:
      return 0x6E6F6E65;
    case Kind::boolean:
    case Kind::integer:
      return std::hash<std::int64_t>{}(value.as_int());
    case Kind::floating: {
      const auto number = value.as_double();
      if (number == std::floor(number) && std::abs(number) < 9.2e18) {
        return std::hash<std::int64_t>{}(static_cast<std::int64_t>(number));
      }
      return std::hash<double>{}(number);
    }
    case Kind::string:
      return std::hash<std::string_view>{}(value.as_string());
    case Kind::tuple: {
      std::size_t result = 0x345678;
      for (const auto& item : value.as_tuple().items) result = result * 1000003 ^ hash_at(item, depth + 1);
      return result;
    }
    case Kind::object:
      return std::hash<const void*>{}(value.identity());
    case Kind::undefined:
      if (value.as_undefined().strict) fail_undefined(value);
      return 0x756E6466;
    default:
      throw failure("unhashable type: '{}'", type_name(value));
  }
}

}  // namespace

void fail_undefined(const Value& value) { throw Failure(value.as_undefined().message); }

bool truth(const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::none:
      return false;
    case Kind::undefined:
      if (value.as_undefined().strict) fail_undefined(value);
      return false;
    case Kind::boolean:
      return value.as_bool();
    case Kind::integer:
      return value.as_int() != 0;
    case Kind::floating:
      return value.as_double() != 0;
    case Kind::string:
      return !value.as_string().empty();
    case Kind::list:
      return !value.as_list().items.empty();
    case Kind::tuple:
      return !value.as_tuple().items.empty();
    case Kind::dict:
      return value.as_dict().size() != 0;
    case Kind::object:
      return value.as_object().truth();
  }
  return false;
}

bool equals(const Value& a, const Value& b) { return equal_at(a, b, 0); }

bool same(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::none:
      return true;
    case Kind::boolean:
      return a.as_bool() == b.as_bool();
    case Kind::integer:
      return a.as_int() == b.as_int();
    case Kind::floating:
      return false;
    case Kind::string:
      return a.identity() == b.identity() || a.as_string() == b.as_string();
    case Kind::tuple:
      return a.identity() == b.identity() || (a.as_tuple().items.empty() && b.as_tuple().items.empty());
    default:
      return a.identity() == b.identity();
  }
}

bool less(const Value& a, const Value& b) { return ordered(Comparison::lt, a, b, 0); }

bool compare(Comparison comparison, const Value& a, const Value& b) {
  switch (comparison) {
    case Comparison::eq:
      return equals(a, b);
    case Comparison::ne:
      return !equals(a, b);
    case Comparison::in:
      return contains(b, a);
    case Comparison::not_in:
      return !contains(b, a);
    default:
      return ordered(comparison, a, b, 0);
  }
}

std::size_t hash(const Value& value) { return hash_at(value, 0); }

bool contains(const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::string:
      if (!item.is_string()) {
        throw failure("'in <string>' requires string as left operand, not {}", type_name(item));
      }
      return container.as_string().find(item.as_string()) != std::string::npos;
    case Kind::list:
    case Kind::tuple: {
      const auto& items = *container.sequence();
      return std::any_of(items.begin(), items.end(),
                         [&](const Value& own) { return same(own, item) || equals(own, item); });
    }
    case Kind::dict:
      return container.as_dict().find(item) != nullptr;
    case Kind::object:
      if (const auto found = container.as_object().contains(item)) return *found;
      break;
    default:
      break;
  }
  if (!iterable(container)) {
    throw failure("argument of type '{}' is not iterable", type_name(container));
  }
  const auto items = iterate(container);
  for (Value own; items->next(own);) {
    if (same(own, item) || equals(own, item)) return true;
  }
  return false;
}

}  // namespace lmms_eval::tmpl
