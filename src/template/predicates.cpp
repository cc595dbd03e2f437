// Jinja's tests: what `is` may ask.
#include "template/arguments.h"
#include "template/objects.h"
#include "template/registries.h"
#include "template/unicode.h"

namespace lmms_eval::tmpl {
namespace {

using T = TestFunction;

/// A test of the value alone.
template <bool (*kHolds)(const Value&)>
bool simple(Runtime&, const Value& input, Arguments arguments) {
  const Parameters none(std::move(arguments), "test", {});
  return kHolds(input);
}

/// A test against one other value.
template <Comparison kComparison>
bool compared(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "test", {""}, 1);
  return compare(kComparison, input, p[0]);
}

bool divisible(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "divisibleby", {"num"}, 1);
  return equals(modulo(input, p[0]), Value(0));
}

bool same_as(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "sameas", {"other"}, 1);
  return same(input, p[0]);
}

bool is_in(Runtime&, const Value& input, Arguments arguments) {
  const Parameters p(std::move(arguments), "in", {"seq"}, 1);
  return contains(p[0], input);
}

bool odd(const Value& v) { return equals(modulo(v, Value(2)), Value(1)); }
bool even(const Value& v) { return equals(modulo(v, Value(2)), Value(0)); }
bool defined(const Value& v) { return !v.is_undefined(); }
bool undefined(const Value& v) { return v.is_undefined(); }
bool none(const Value& v) { return v.is_none(); }
bool boolean(const Value& v) { return v.is_bool(); }
bool is_true(const Value& v) { return v.is_bool() && v.as_bool(); }
bool is_false(const Value& v) { return v.is_bool() && !v.as_bool(); }
bool integer(const Value& v) { return v.is_int(); }
bool floating(const Value& v) { return v.is_float(); }
bool number(const Value& v) { return v.is_number(); }
bool string(const Value& v) { return v.is_string(); }
bool mapping(const Value& v) { return v.is_dict(); }
bool escaped(const Value& v) { return v.is_string() && v.as_text().markup(); }

bool sequence(const Value& v) {
  if (v.is_undefined()) return !v.as_undefined().strict;
  if (v.is_object()) return v.as_object().length() && v.as_object().subscriptable();
  return length(v).has_value();
}

bool callable(const Value& v) { return v.is_undefined() || (v.is_object() && v.as_object().callable()); }
bool is_filter(const Value& v) { return v.is_string() && find_filter(v.as_string()) != nullptr; }
bool is_test(const Value& v) { return v.is_string() && find_test(v.as_string()) != nullptr; }

/// str.islower(), str.isupper(): some cased characters, none of the other case.
template <bool (*kWanted)(char32_t), bool (*kOther)(char32_t)>
bool cased(const Value& v) {
  const auto text = str(v);
  bool some = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_code_point(text, at);
    if (kOther(c) || is_title(c)) return false;
    some = some || kWanted(c);
  }
  return some;
}

}  // namespace

const TestTable& tests() {
  static const TestTable table = {
      {"odd", T{simple<odd>}},
      {"even", T{simple<even>}},
      {"divisibleby", T{divisible}},
      {"defined", T{simple<defined>}},
      {"undefined", T{simple<undefined>}},
      {"filter", T{simple<is_filter>}},
      {"test", T{simple<is_test>}},
      {"none", T{simple<none>}},
      {"boolean", T{simple<boolean>}},
      {"true", T{simple<is_true>}},
      {"false", T{simple<is_false>}},
      {"integer", T{simple<integer>}},
      {"float", T{simple<floating>}},
      {"number", T{simple<number>}},
      {"string", T{simple<string>}},
      {"mapping", T{simple<mapping>}},
      {"sequence", T{simple<sequence>}},
      {"iterable", T{simple<iterable>}},
      {"callable", T{simple<callable>}},
      {"escaped", T{simple<escaped>}},
      {"lower", T{simple<cased<is_lower, is_upper>>}},
      {"upper", T{simple<cased<is_upper, is_lower>>}},
      {"sameas", T{same_as}},
      {"in", T{is_in}},
      {"==", T{compared<Comparison::eq>}},
      {"eq", T{compared<Comparison::eq>}},
      {"equalto", T{compared<Comparison::eq>}},
      {"!=", T{compared<Comparison::ne>}},
      {"ne", T{compared<Comparison::ne>}},
      {">", T{compared<Comparison::gt>}},
      {"gt", T{compared<Comparison::gt>}},
      {"greaterthan", T{compared<Comparison::gt>}},
      {">=", T{compared<Comparison::ge>}},
      {"ge", T{compared<Comparison::ge>}},
      {"<", T{compared<Comparison::lt>}},
      {"lt", T{compared<Comparison::lt>}},
      {"lessthan", T{compared<Comparison::lt>}},
      {"<=", T{compared<Comparison::le>}},
      {"le", T{compared<Comparison::le>}},
  };
  return table;
}

}  // namespace lmms_eval::tmpl
