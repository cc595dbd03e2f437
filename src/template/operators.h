#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "template/object.h"
#include "template/value.h"

namespace lmms_eval::tmpl {

// Python's operators. What Python answers with an exception throws Failure.

/// Bounds that keep a bad template from eating the machine.
constexpr std::size_t kMaxTextBytes = std::size_t{128} << 20;
constexpr std::size_t kMaxItems = 5'000'000;
constexpr int kMaxNesting = 300;

/// One more value looked at, by what calls itself for the items of a list: lists may hold one another many times over,
/// so that few of them print for ever. Throws Failure when the render that runs in this thread has done too much.
void count_work();

enum class Comparison { eq, ne, lt, le, gt, ge, in, not_in };

/// "str", "int", "NoneType" …
std::string type_name(const Value& value);
/// The message of an undefined value as a Failure.
[[noreturn]] void fail_undefined(const Value& value);

bool truth(const Value& value);
bool equals(const Value& a, const Value& b);
/// `a is b`
bool same(const Value& a, const Value& b);
bool less(const Value& a, const Value& b);
bool compare(Comparison comparison, const Value& a, const Value& b);
std::size_t hash(const Value& value);
bool contains(const Value& container, const Value& item);

Value add(const Value& a, const Value& b);
Value subtract(const Value& a, const Value& b);
Value multiply(const Value& a, const Value& b);
Value divide(const Value& a, const Value& b);
Value floor_divide(const Value& a, const Value& b);
Value modulo(const Value& a, const Value& b);
Value power(const Value& a, const Value& b);
Value negate(const Value& value);
Value positive(const Value& value);

/// len(value); nothing if it has none.
std::optional<std::int64_t> length(const Value& value);
bool iterable(const Value& value);
std::unique_ptr<Iterator> iterate(const Value& value);
/// list(value)
std::vector<Value> to_vector(const Value& value);
/// reversed(value); null if it cannot be reversed.
std::unique_ptr<Iterator> iterate_reversed(const Value& value);

/// value[key]; nothing where Python raises TypeError or LookupError.
std::optional<Value> subscript(const Value& value, const Value& key);
/// value[start:stop:step], each may be None.
Value slice(const Value& value, const Value& start, const Value& stop, const Value& step);
/// What a slice selects of `length` items: first index, step, and how many.
struct SliceRange {
  std::int64_t start, step, count;
};
SliceRange resolve_slice(std::int64_t length, const Value& start, const Value& stop, const Value& step);

/// Throws Failure if `value` holds `container`, which would make it hold itself.
void forbid_cycle(const Value& container, const Value& value);

// Conversions.
std::string str(const Value& value);
/// str() of what a JSON value is in Python: None, True, 1.0, ['a', 1]; a text as it is.
std::string str(const nlohmann::ordered_json& json);
std::string repr(const Value& value);
std::string repr_text(std::string_view text);
/// repr() with everything beyond ASCII escaped.
std::string ascii(const Value& value);
std::string repr_double(double number);
/// int(text, base), float(text); nothing where Python raises ValueError.
std::optional<std::int64_t> parse_int(std::string_view text, int base);
std::optional<double> parse_double(std::string_view text);
/// int(number); Failure for infinities, NaN and what does not fit.
std::int64_t truncate_to_int(double number);
/// round(number, digits)
double round_decimal(double number, std::int64_t digits);
std::int64_t round_integer(std::int64_t number, std::int64_t digits);
/// An integer where one is required, as for an index: "'str' object cannot be interpreted as an integer".
std::int64_t index_of(const Value& value);
/// s * count, within the bounds.
std::string repeat(std::string_view text, std::int64_t count);
/// text.replace(old, fresh, count); a negative count is all.
std::string replace_all(std::string_view text, std::string_view old, std::string_view fresh, std::int64_t count);
std::string escape_html(std::string_view text);

}  // namespace lmms_eval::tmpl
