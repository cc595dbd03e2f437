#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "template/object.h"

namespace lmms_eval::tmpl {

/// Arguments laid out by parameter, as Python binds them: too many, unknown, doubled and missing ones throw Failure.
class Parameters {
 public:
  /// The first `required` of `names` must be given. An empty name stands for a positional-only parameter.
  Parameters(Arguments arguments, std::string_view function, std::initializer_list<std::string_view> names,
             std::size_t required = 0);

  bool has(std::size_t i) const { return !values_[i].is_missing(); }
  const Value& operator[](std::size_t i) const { return values_[i]; }
  Value get(std::size_t i, Value fallback) const { return has(i) ? values_[i] : std::move(fallback); }
  std::int64_t integer(std::size_t i, std::int64_t fallback) const;
  bool flag(std::size_t i, bool fallback) const;
  /// The string given; Failure for anything else.
  std::string text(std::size_t i, std::string fallback = {}) const;

 private:
  std::string function_;
  std::vector<Value> values_;
};

}  // namespace lmms_eval::tmpl
