#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/text.h"
#include "filters/filter.h"

namespace lmms_eval::filters {
namespace {

std::map<std::string, Filter>& known() {
  static std::map<std::string, Filter> instance;
  return instance;
}

}  // namespace

void register_filter(Filter filter) {
  const std::string name = filter.name;
  if (!known().emplace(name, std::move(filter)).second) throw errors::internal("filter '{}' is registered twice", name);
}

Step make_step(const std::string& name, const Json& arguments, const std::string& where) {
  const auto found = known().find(name);
  if (found == known().end()) {
    std::vector<std::string> names;
    for (const auto& [known_name, filter] : known()) names.push_back(known_name);
    throw errors::config("{}: unknown filter '{}'{} (known: {})", where, name, did_you_mean(name, names),
                         join(names, ", "));
  }
  for (const auto& [key, value] : arguments.items()) {
    const auto& allowed = found->second.arguments;
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      throw errors::config("{}: filter '{}' takes no argument '{}'{} (it takes: {})", where, name, key,
                           did_you_mean(key, allowed), join(allowed, ", "));
  }
  try {
    return found->second.make(arguments);
  } catch (const Error& error) {
    throw errors::config("{}: filter '{}': {}", where, name, error.message());
  }
}

bool takes_argument(const std::string& filter, const std::string& argument) {
  const auto found = known().find(filter);
  if (found == known().end()) return false;
  const auto& arguments = found->second.arguments;
  return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

std::string text_argument(const Json& arguments, const std::string& name, const std::string& otherwise) {
  if (!arguments.contains(name)) return otherwise;
  if (!arguments[name].is_string()) throw errors::config("{} must be a text, not {}", name, arguments[name].dump());
  return arguments[name].get<std::string>();
}

std::int64_t integer_argument(const Json& arguments, const std::string& name, std::int64_t otherwise) {
  if (!arguments.contains(name)) return otherwise;
  if (!arguments[name].is_number_integer())
    throw errors::config("{} must be a whole number, not {}", name, arguments[name].dump());
  return arguments[name].get<std::int64_t>();
}

bool boolean_argument(const Json& arguments, const std::string& name) {
  if (!arguments.contains(name) || arguments[name].is_null()) return false;
  if (!arguments[name].is_boolean()) throw errors::config("{} must be true or false", name);
  return arguments[name].get<bool>();
}

Step for_each_text(std::function<Json(const std::string&)> change) {
  return [change = std::move(change)](const Json& responses, const Json&) -> Json {
    if (responses.is_string()) return change(responses.get<std::string>());
    if (!responses.is_array()) return responses;
    Json list = Json::array();
    for (const auto& response : responses)
      list.push_back(response.is_string() ? change(response.get<std::string>()) : response);
    return list;
  };
}

}  // namespace lmms_eval::filters
