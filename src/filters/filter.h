#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lmms_eval::filters {

using Json = nlohmann::ordered_json;

/// One step of a filter pipeline: what becomes of one request's responses (a list at the start, a scalar after take_first).
using Step = std::function<Json(const Json& responses)>;

/// Makes a step from the arguments of its filter_list entry. Throws Error{config} for a bad argument.
using Factory = std::function<Step(const Json& arguments)>;

struct Filter {
  std::string name;
  std::vector<std::string> arguments;  ///< keys that an entry may give
  Factory make;
};

void register_filter(Filter filter);
/// Throws Error{config} with the nearest name for an unknown filter or argument; `where` is "file:line".
Step make_step(const std::string& name, const Json& arguments, const std::string& where);

struct Registration {
  explicit Registration(Filter filter) { register_filter(std::move(filter)); }
};

/// A step over each text of a list, or over a lone text.
Step for_each_text(std::function<Json(const std::string&)> change);

/// Removes what stands between tag pairs: while both occur, from the first start to the first end after it; an end without a start
/// keeps what follows the last end; then white space is stripped.
std::string strip_tags(std::string text, const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace lmms_eval::filters
