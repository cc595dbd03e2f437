#include "template/arguments.h"

#include <algorithm>

#include "template/failure.h"
#include "template/operators.h"

namespace lmms_eval::tmpl {

std::optional<Value> Arguments::take(std::string_view name) {
  const auto it = std::find_if(keyword.begin(), keyword.end(), [&](const auto& entry) { return entry.first == name; });
  if (it == keyword.end()) return std::nullopt;
  Value value = std::move(it->second);
  keyword.erase(it);
  return value;
}

Parameters::Parameters(Arguments arguments, std::string_view function, std::initializer_list<std::string_view> names,
                       std::size_t required)
    : function_(function), values_(names.size(), Value::missing()) {
  if (arguments.positional.size() > names.size()) {
    throw failure("{}() takes at most {} argument{}, {} given", function, names.size(), names.size() == 1 ? "" : "s",
                  arguments.positional.size());
  }
  std::move(arguments.positional.begin(), arguments.positional.end(), values_.begin());
  for (auto& [name, value] : arguments.keyword) {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end() || name.empty())
      throw failure("{}() got an unexpected keyword argument '{}'", function, name);
    auto& place = values_[static_cast<std::size_t>(it - names.begin())];
    if (!place.is_missing()) throw failure("{}() got multiple values for argument '{}'", function, name);
    place = std::move(value);
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (has(i)) continue;
    const auto name = names.begin()[i];
    throw failure("{}() needs argument {}", function,
                  name.empty() ? std::to_string(i + 1) : "'" + std::string(name) + "'");
  }
}

std::int64_t Parameters::integer(std::size_t i, std::int64_t fallback) const {
  return has(i) ? index_of(values_[i]) : fallback;
}

bool Parameters::flag(std::size_t i, bool fallback) const { return has(i) ? truth(values_[i]) : fallback; }

std::string Parameters::text(std::size_t i, std::string fallback) const {
  if (!has(i)) return fallback;
  if (values_[i].is_undefined()) fail_undefined(values_[i]);
  if (!values_[i].is_string()) throw failure("{}() needs a str here, not {}", function_, type_name(values_[i]));
  return values_[i].as_string();
}

}  // namespace lmms_eval::tmpl
