#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/regex.h"

namespace lmms_eval::filters {

using Json = nlohmann::ordered_json;

/// One step of a filter pipeline: what becomes of one request's responses (a list at the start, a scalar after
/// take_first). `doc`: the columns of the request's doc. Throws Error{data} where the responses or the doc do not fit.
using Step = std::function<Json(const Json& responses, const Json& doc)>;

/// Makes a step from the arguments of its filter_list entry. Throws Error{config} for a bad argument.
using Factory = std::function<Step(const Json& arguments)>;

/// What the regex filters look for when they are not told.
inline constexpr const char* kDefaultPattern = R"(#### (\-?[0-9\.\,]+))";

struct Filter {
  std::string name;
  std::vector<std::string> arguments;  ///< keys that an entry may give
  Factory make;
};

void register_filter(Filter filter);
/// Throws Error{config} with the nearest name for an unknown filter or argument; `where` is "file:line".
Step make_step(const std::string& name, const Json& arguments, const std::string& where);

/// True if there is such a filter and an entry may give it this argument.
bool takes_argument(const std::string& filter, const std::string& argument);

struct Registration {
  explicit Registration(Filter filter) { register_filter(std::move(filter)); }
};

/// An argument of a filter, or the default; throws Error{config} that names it when it has another type.
std::string text_argument(const Json& arguments, const std::string& name, const std::string& otherwise);
std::int64_t integer_argument(const Json& arguments, const std::string& name, std::int64_t otherwise);
/// Absent and null are false.
bool boolean_argument(const Json& arguments, const std::string& name);

using TagPairs = std::vector<std::pair<std::string, std::string>>;
/// [[start, end], ...] with texts that are not empty; throws Error{config} that names `what`.
TagPairs tag_pairs(const Json& value, const std::string& what);

/// A step over each text of a list, or over a lone text.
Step for_each_text(std::function<Json(const std::string&)> change);

/// What a pattern finds in a text as lm-eval's regex filters take it: match number `select` (-1: the last), of a match
/// with several groups the first that is not empty, without white space around it. Nothing where there is no match, or
/// only empty groups. Throws Error{data} for a match number that is not there.
std::optional<std::string> pick_match(const Regex& pattern, const std::string& text, std::int64_t select);

/// Removes what stands between tag pairs: while both occur, from the first start to the first end after it; an end
/// without a start keeps what follows the last end; then white space is stripped.
std::string strip_tags(std::string text, const TagPairs& pairs);

}  // namespace lmms_eval::filters
