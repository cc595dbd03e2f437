#pragma once

#include <string_view>
#include <unordered_map>

#include "template/runtime.h"

namespace lmms_eval::tmpl {

// The tables behind find_filter, find_test and find_method, one a file.
using FilterTable = std::unordered_map<std::string_view, FilterFunction>;
using TestTable = std::unordered_map<std::string_view, TestFunction>;
using MethodTable = std::unordered_map<std::string_view, Method>;

const FilterTable& text_filters();
const FilterTable& sequence_filters();
const FilterTable& selection_filters();
const FilterTable& value_filters();
const TestTable& tests();
const MethodTable& string_methods();
const MethodTable& list_methods();
const MethodTable& tuple_methods();
const MethodTable& dict_methods();
const MethodTable& float_methods();
const MethodTable& int_methods();

}  // namespace lmms_eval::tmpl
