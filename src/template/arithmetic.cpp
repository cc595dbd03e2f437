// The arithmetic operators of Python on template values.
#include <cmath>

#include "template/failure.h"
#include "template/operators.h"
#include "template/printf.h"

namespace lmms_eval::tmpl {
namespace {

[[noreturn]] void unsupported(const char* sign, const Value& a, const Value& b) {
  if (a.is_undefined()) fail_undefined(a);
  if (b.is_undefined()) fail_undefined(b);
  throw failure("unsupported operand type(s) for {}: '{}' and '{}'", sign, type_name(a), type_name(b));
}

[[noreturn]] void overflow(const char* sign, std::int64_t a, std::int64_t b) {
  throw failure("integer overflow in {} {} {}: templates compute with 64 bits", a, sign, b);
}

bool both_integral(const Value& a, const Value& b) { return a.is_integral() && b.is_integral(); }
bool both_numbers(const Value& a, const Value& b) { return a.is_number() && b.is_number(); }

Value concatenate(const Value& a, const Value& b) {
  const auto& left = a.as_text();
  const auto& right = b.as_text();
  if (left.bytes().size() + right.bytes().size() > kMaxTextBytes) throw failure("string is too long");
  if (!left.markup() && !right.markup()) return left.bytes() + right.bytes();
  return Value::markup((left.markup() ? left.bytes() : escape_html(left.bytes())) +
                       (right.markup() ? right.bytes() : escape_html(right.bytes())));
}

std::vector<Value> joined(const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() + b.size() > kMaxItems) throw failure("list is too long");
  std::vector<Value> items;
  items.reserve(a.size() + b.size());
  items.insert(items.end(), a.begin(), a.end());
  items.insert(items.end(), b.begin(), b.end());
  return items;
}

std::vector<Value> repeated(const std::vector<Value>& items, std::int64_t count) {
  std::vector<Value> result;
  if (count <= 0 || items.empty()) return result;
  if (static_cast<std::size_t>(count) > kMaxItems / items.size()) throw failure("list is too long");
  result.reserve(items.size() * static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) result.insert(result.end(), items.begin(), items.end());
  return result;
}

std::optional<Value> repeat_sequence(const Value& sequence, const Value& count) {
  if (!count.is_integral()) return std::nullopt;
  const auto times = count.as_int();
  switch (sequence.kind()) {
    case Kind::string: {
      auto text = repeat(sequence.as_string(), times);
      return sequence.as_text().markup() ? Value::markup(std::move(text)) : Value(std::move(text));
    }
    case Kind::list:
      return Value::list(repeated(sequence.as_list().items, times));
    case Kind::tuple:
      return Value::tuple(repeated(sequence.as_tuple().items, times));
    default:
      return std::nullopt;
  }
}

std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  auto quotient = a / b;
  if (a % b != 0 && (a < 0) != (b < 0)) --quotient;
  return quotient;
}

/// Python's float modulo: the result has the sign of the divisor.
double float_modulo(double a, double b) {
  auto rest = std::fmod(a, b);
  if (rest == 0) return std::copysign(0.0, b);
  if ((rest < 0) != (b < 0)) rest += b;
  return rest;
}

double float_floor_quotient(double a, double b) {
  const auto rest = std::fmod(a, b);
  auto quotient = (a - rest) / b;
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  auto floored = std::floor(quotient);
  if (quotient - floored > 0.5) floored += 1;
  return floored;
}

std::int64_t integer_power(std::int64_t base, std::int64_t exponent) {
  const auto whole_base = base;
  const auto whole_exponent = exponent;
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result))
      overflow("**", whole_base, whole_exponent);
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow("**", whole_base, whole_exponent);
  }
  return result;
}

}  // namespace

std::string repeat(std::string_view text, std::int64_t count) {
  std::string result;
  if (count <= 0 || text.empty()) return result;
  if (static_cast<std::size_t>(count) > kMaxTextBytes / text.size()) throw failure("string is too long");
  result.reserve(text.size() * static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) result += text;
  return result;
}

Value add(const Value& a, const Value& b) {
  if (a.is_string() && b.is_string()) return concatenate(a, b);
  if (both_integral(a, b)) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.as_int(), b.as_int(), &sum)) overflow("+", a.as_int(), b.as_int());
    return sum;
  }
  if (both_numbers(a, b)) return a.as_double() + b.as_double();
  if (a.is_list() && b.is_list()) return Value::list(joined(a.as_list().items, b.as_list().items));
  if (a.is_tuple() && b.is_tuple()) return Value::tuple(joined(a.as_tuple().items, b.as_tuple().items));
  if (a.is_string() && !b.is_undefined()) {
    throw failure("can only concatenate str (not \"{}\") to str", type_name(b));
  }
  unsupported("+", a, b);
}

Value subtract(const Value& a, const Value& b) {
  if (both_integral(a, b)) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a.as_int(), b.as_int(), &difference)) overflow("-", a.as_int(), b.as_int());
    return difference;
  }
  if (both_numbers(a, b)) return a.as_double() - b.as_double();
  unsupported("-", a, b);
}

Value multiply(const Value& a, const Value& b) {
  if (both_integral(a, b)) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a.as_int(), b.as_int(), &product)) overflow("*", a.as_int(), b.as_int());
    return product;
  }
  if (both_numbers(a, b)) return a.as_double() * b.as_double();
  if (auto repeated = repeat_sequence(a, b)) return *repeated;
  if (auto repeated = repeat_sequence(b, a)) return *repeated;
  unsupported("*", a, b);
}

Value divide(const Value& a, const Value& b) {
  if (!both_numbers(a, b)) unsupported("/", a, b);
  if (b.as_double() == 0) throw failure("division by zero");
  if (both_integral(a, b)) {
    return static_cast<double>(static_cast<long double>(a.as_int()) / static_cast<long double>(b.as_int()));
  }
  return a.as_double() / b.as_double();
}

Value floor_divide(const Value& a, const Value& b) {
  if (!both_numbers(a, b)) unsupported("//", a, b);
  if (b.as_double() == 0) throw failure("integer division or modulo by zero");
  if (!both_integral(a, b)) return float_floor_quotient(a.as_double(), b.as_double());
  if (b.as_int() == -1) return negate(a);
  return floor_quotient(a.as_int(), b.as_int());
}

Value modulo(const Value& a, const Value& b) {
  if (a.is_string()) {
    auto text = format_percent(a.as_string(), b, a.as_text().markup());
    return a.as_text().markup() ? Value::markup(std::move(text)) : Value(std::move(text));
  }
  if (!both_numbers(a, b)) unsupported("%", a, b);
  if (b.as_double() == 0) throw failure("integer modulo by zero");
  if (!both_integral(a, b)) return float_modulo(a.as_double(), b.as_double());
  if (b.as_int() == -1) return 0;
  const auto rest = a.as_int() % b.as_int();
  return rest != 0 && (rest < 0) != (b.as_int() < 0) ? rest + b.as_int() : rest;
}

Value power(const Value& a, const Value& b) {
  if (!both_numbers(a, b)) unsupported("** or pow()", a, b);
  if (both_integral(a, b) && b.as_int() >= 0) return integer_power(a.as_int(), b.as_int());
  const auto base = a.as_double();
  const auto exponent = b.as_double();
  if (base == 0 && exponent < 0) throw failure("0.0 cannot be raised to a negative power");
  if (base < 0 && std::isfinite(base) && std::isfinite(exponent) && exponent != std::floor(exponent)) {
    throw failure("{} ** {} is a complex number", repr(a), repr(b));
  }
  const auto result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent))
    throw failure("Numerical result out of range");
  return result;
}

Value negate(const Value& value) {
  if (value.is_float()) return -value.as_double();
  if (!value.is_integral()) {
    if (value.is_undefined()) fail_undefined(value);
    throw failure("bad operand type for unary -: '{}'", type_name(value));
  }
  std::int64_t result = 0;
  if (__builtin_sub_overflow(std::int64_t{0}, value.as_int(), &result)) overflow("-", 0, value.as_int());
  return result;
}

Value positive(const Value& value) {
  if (value.is_float()) return value;
  if (value.is_integral()) return value.as_int();
  if (value.is_undefined()) fail_undefined(value);
  throw failure("bad operand type for unary +: '{}'", type_name(value));
}

std::int64_t truncate_to_int(double number) {
  if (std::isnan(number)) throw failure("cannot convert float NaN to integer");
  if (std::isinf(number)) throw failure("cannot convert float infinity to integer");
  if (number >= 9223372036854775808.0 || number < -9223372036854775808.0) {
    throw failure("integer overflow: {} does not fit in 64 bits", repr_double(number));
  }
  return static_cast<std::int64_t>(number);
}

std::int64_t index_of(const Value& value) {
  if (value.is_integral()) return value.as_int();
  if (value.is_undefined()) fail_undefined(value);
  throw failure("'{}' object cannot be interpreted as an integer", type_name(value));
}

double round_decimal(double number, std::int64_t digits) {
  if (!std::isfinite(number)) return number;
  if (digits > 323) return number;
  if (digits < -308) return std::copysign(0.0, number);
  if (digits >= 0) {
    // printf rounds the exact binary value half to even, as Python does
    const auto text = fmt::format("{:.{}f}", number, digits);
    return std::strtod(text.c_str(), nullptr);
  }
  const auto scale = std::pow(10.0L, static_cast<long double>(-digits));
  return static_cast<double>(std::nearbyint(static_cast<long double>(number) / scale) * scale);
}

std::int64_t round_integer(std::int64_t number, std::int64_t digits) {
  if (digits >= 0) return number;
  if (digits < -18) return 0;
  const auto scale = integer_power(10, -digits);
  auto quotient = floor_quotient(number, scale);
  const auto rest = number - quotient * scale;
  if (rest * 2 > scale || (rest * 2 == scale && quotient % 2 != 0)) ++quotient;
  std::int64_t result = 0;
  if (__builtin_mul_overflow(quotient, scale, &result)) overflow("*", quotient, scale);
  return result;
}

}  // namespace lmms_eval::tmpl
