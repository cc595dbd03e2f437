#include "template/registries.h"

namespace lmms_eval::tmpl {

FilterFunction find_filter(std::string_view name) {
  for (const auto* table : {&text_filters(), &sequence_filters(), &selection_filters(), &value_filters()}) {
    if (const auto it = table->find(name); it != table->end()) return it->second;
  }
  return nullptr;
}

TestFunction find_test(std::string_view name) {
  const auto it = tests().find(name);
  return it == tests().end() ? nullptr : it->second;
}

const Method* find_method(const Value& value, std::string_view name) {
  const auto look = [&](const MethodTable& table) -> const Method* {
    const auto it = table.find(name);
    return it == table.end() ? nullptr : &it->second;
  };
  switch (value.kind()) {
    case Kind::string:
      return look(string_methods());
    case Kind::list:
      return look(list_methods());
    case Kind::tuple:
      return look(tuple_methods());
    case Kind::dict:
      return look(dict_methods());
    case Kind::floating:
      return look(float_methods());
    case Kind::boolean:
    case Kind::integer:
      return look(int_methods());
    default:
      return nullptr;
  }
}

}  // namespace lmms_eval::tmpl
