#include "metrics/arguments.h"

#include "base/errors.h"

namespace lmms_eval::metrics {
namespace {

using Json = nlohmann::ordered_json;

/// Null where the argument is absent.
Json value_of(const Json& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? Json() : *found;
}

}  // namespace

bool flag(const Json& arguments, const std::string& name, bool otherwise) {
  const Json value = value_of(arguments, name);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) throw errors::config("{} must be true or false, not {}", name, value.dump());
  return value.get<bool>();
}

double number(const Json& arguments, const std::string& name, double otherwise) {
  const Json value = value_of(arguments, name);
  if (value.is_null()) return otherwise;
  if (!value.is_number()) throw errors::config("{} must be a number, not {}", name, value.dump());
  return value.get<double>();
}

int integer(const Json& arguments, const std::string& name, int otherwise, int low, int high) {
  const Json value = value_of(arguments, name);
  if (value.is_null()) return otherwise;
  if (!value.is_number_integer() || value < low || value > high)
    throw errors::config("{} must be a whole number from {} to {}, not {}", name, low, high, value.dump());
  return value.get<int>();
}

std::string text(const Json& arguments, const std::string& name, const std::string& otherwise) {
  const Json value = value_of(arguments, name);
  if (value.is_null()) return otherwise;
  if (!value.is_string()) throw errors::config("{} must be a text, not {}", name, value.dump());
  return value.get<std::string>();
}

}  // namespace lmms_eval::metrics
