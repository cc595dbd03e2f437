#pragma once

#include <string_view>
#include <vector>

#include "template/runtime.h"

namespace lmms_eval::tmpl {

/// The `attribute` argument of map, sort, sum …: "address.city", "0", 3. Integer parts are indices.
class AttributePath {
 public:
  /// None, or `missing`, is the item itself.
  explicit AttributePath(const Value& attribute);
  /// Several with commas: "name,age".
  static std::vector<AttributePath> several(const Value& attribute);

  /// The attribute of an item. A `fallback` stands in for undefined parts.
  Value operator()(Runtime& runtime, Value item, const Value* fallback = nullptr) const;

 private:
  std::vector<Value> parts_;
};

/// Strings in lower case, for sorting and comparing without regard to case.
Value ignore_case(Value value);

}  // namespace lmms_eval::tmpl
