#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "tasks/functions/function.h"
#include "template/operators.h"

namespace lmms_eval::functions {
namespace {

std::vector<Function>& known() {
  static std::vector<Function> instance;
  return instance;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::vector<std::string> names_for(const std::string& field) {
  std::vector<std::string> names;
  for (const auto& function : known())
    if (contains(function.fields, field)) names.push_back(function.name);
  std::sort(names.begin(), names.end());
  return names;
}

/// One name may mean one thing in doc_to_text and another in doc_to_choice.
const Function* find(const std::string& name, const std::string& field) {
  for (const auto& function : known())
    if (function.name == name && contains(function.fields, field)) return &function;
  return nullptr;
}

const Function& function_named(const std::string& name, const std::string& field, const std::string& where) {
  if (const Function* function = find(name, field)) return *function;
  for (const auto& other : known())
    if (other.name == name)
      throw errors::config("{}: function '{}' is for {}, not for {} (known there: {})", where, name,
                           join(other.fields, ", "), field, join(names_for(field), ", "));
  throw errors::config("{}: unknown function '{}' for {}{} (known: {})", where, name, field,
                       did_you_mean(name, names_for(field)), join(names_for(field), ", "));
}

bool fits(const Json& value, Type type) {
  switch (type) {
    case Type::text:
      return value.is_string() || value.is_number_integer();
    case Type::texts:
      return value.is_string() || (value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& item) {
                                     return item.is_string() || item.is_null();
                                   }));
    case Type::integer:
      return value.is_number_integer();
    case Type::boolean:
      return value.is_boolean();
    case Type::list:
      return value.is_array();
    case Type::map:
      return value.is_object() && !is_function(value);
    case Type::any:
      return !is_function(value);
  }
  return false;
}

std::string describe(Type type) {
  switch (type) {
    case Type::text:
      return "a text";
    case Type::texts:
      return "a text or a list of texts";
    case Type::integer:
      return "a whole number";
    case Type::boolean:
      return "true or false";
    case Type::list:
      return "a list";
    case Type::map:
      return "a map";
    case Type::any:
      break;
  }
  return "no Python function";
}

/// What a model-specific map says of a function's parameters: (value, place) by name.
struct Given {
  Json values = Json::object();
  std::map<std::string, std::string> places;
};

/// The field of model-specific values that goes to a function of that field, and what it holds for the model in use.
std::pair<std::string, const Json*> specific_values(const Context& context, const std::string& field) {
  if (field == "doc_to_text" || field == "doc_to_visual" || field == "doc_to_messages")
    return {"lmms_eval_specific_kwargs", &context.specific_kwargs};
  if (field == "doc_to_target") return {"model_specific_target_kwargs", &context.target_kwargs};
  return {"", nullptr};
}

Given given_values(const Context& context, const std::string& field, const Json& value, const std::string& pointer,
                   const Function& function) {
  Given given;
  for (const auto& [key, item] : value.items()) {
    if (key == "function") continue;
    given.values[key] = item;
    given.places[key] = context.config.place(pointer + "/" + pointer_part(key));
  }
  const auto [specific_field, specific] = specific_values(context, field);
  if (!specific || !specific->is_object()) return given;
  for (const auto& parameter : function.parameters) {
    if (!specific->contains(parameter.name)) continue;
    given.values[parameter.name] = (*specific)[parameter.name];
    given.places[parameter.name] = context.config.place(specific_field);
  }
  return given;
}

void check(const Function& function, const Given& given, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& parameter : function.parameters) names.push_back(parameter.name);
  for (const auto& [key, value] : given.values.items()) {
    const auto parameter = std::find_if(function.parameters.begin(), function.parameters.end(),
                                        [&, name = key](const Parameter& known) { return known.name == name; });
    if (parameter == function.parameters.end())
      throw errors::config("{}: function '{}' takes no parameter '{}'{} (it takes: {})", given.places.at(key),
                           function.name, key, did_you_mean(key, names), join(names, ", "));
    if (!value.is_null() && !fits(value, parameter->type))
      throw errors::config("{}: {} of function '{}' must be {}", given.places.at(key), key, function.name,
                           describe(parameter->type));
  }
  for (const auto& parameter : function.parameters)
    if (parameter.required && (!given.values.contains(parameter.name) || given.values[parameter.name].is_null()))
      throw errors::config("{}: function '{}' needs `{}`", where, function.name, parameter.name);
}

template <typename Maker>
auto make(const Context& context, const std::string& field, const Json& value, const std::string& pointer) {
  const std::string where = context.config.place(pointer);
  if (!is_native_function(value)) throw errors::config("{}: must be a map with `function`", where);
  const Function& function =
      function_named(value["function"].get<std::string>(), field, context.config.place(pointer + "/function"));
  Given given = given_values(context, field, value, pointer, function);
  check(function, given, where);
  return std::get<Maker>(function.make)(
      Arguments(context, field, pointer, std::move(given.values), std::move(given.places)));
}

/// What holds for the model in use: its own entry alone; else `default` (or `dataset`) over what stands beside it.
Json specific_kwargs_of(const Json& all, const std::string& model) {
  if (!all.is_object()) return nullptr;
  if (all.contains(model)) return all[model];
  Json merged = all;
  for (const char* key : {"default", "dataset"}) {
    if (!all.contains(key)) continue;
    if (all[key].is_object())
      for (const auto& [name, value] : all[key].items()) merged[name] = value;
    break;
  }
  return merged;
}

/// `kwargs` names a parameter of the function, for one model or for all.
bool names_parameter(const Json& kwargs, const Function& function) {
  return kwargs.is_object() && std::any_of(kwargs.items().begin(), kwargs.items().end(), [&](const auto& entry) {
           return names_parameter(entry.value(), function) ||
                  std::any_of(function.parameters.begin(), function.parameters.end(),
                              [&](const Parameter& parameter) { return parameter.name == entry.key(); });
         });
}

/// A map with `function`, in `value` or in it somewhere, has a parameter that `kwargs` names.
bool takes_one(const Json& value, const std::string& field, const Json& kwargs) {
  if (!value.is_structured()) return false;
  if (is_native_function(value)) {
    const Function* function = find(value["function"].get<std::string>(), field);
    if (function && names_parameter(kwargs, *function)) return true;
  }
  return std::any_of(value.begin(), value.end(), [&](const Json& item) { return takes_one(item, field, kwargs); });
}

/// A template below `value` names the variable.
bool mentions(const Json& value, const std::string& variable) {
  if (value.is_string()) return value.get_ref<const std::string&>().find(variable) != std::string::npos;
  return value.is_structured() &&
         std::any_of(value.begin(), value.end(), [&](const Json& item) { return mentions(item, variable); });
}

/// Templates see the map under the name of its field; functions take their parameters from it.
bool uses(const Context& context, const std::string& kwargs_field, const std::vector<std::string>& function_fields) {
  const TaskConfig& config = context.config;
  for (const char* field :
       {"doc_to_text", "doc_to_visual", "doc_to_target", "doc_to_choice", "description", "process_docs"})
    if (mentions(config[field], kwargs_field)) return true;
  return std::any_of(function_fields.begin(), function_fields.end(),
                     [&](const std::string& field) { return takes_one(config[field], field, config[kwargs_field]); });
}

}  // namespace

Context::Context(const TaskConfig& task, const std::string& model) : config(task) {
  specific_kwargs = specific_kwargs_of(task["lmms_eval_specific_kwargs"], model);
  const Json& targets = task["model_specific_target_kwargs"];
  if (targets.is_object()) target_kwargs = targets.contains(model) ? targets[model] : targets.value("default", Json());
  if (!specific_kwargs.is_null()) variables["lmms_eval_specific_kwargs"] = specific_kwargs;
  if (!target_kwargs.is_null()) variables["model_specific_target_kwargs"] = target_kwargs;
}

bool uses_specific_kwargs(const Context& context) {
  return uses(context, "lmms_eval_specific_kwargs", {"doc_to_text", "doc_to_visual", "doc_to_messages"});
}

bool uses_target_kwargs(const Context& context) {
  return uses(context, "model_specific_target_kwargs", {"doc_to_target"});
}

void register_function(Function function) {
  for (const auto& field : function.fields)
    if (find(function.name, field))
      throw errors::internal("function '{}' for {} is registered twice", function.name, field);
  known().push_back(std::move(function));
}

ValueFunction make_value(const Context& context, const std::string& field, const Json& value,
                         const std::string& pointer) {
  return make<ValueMaker>(context, field, value, pointer);
}

VisualFunction make_visual(const Context& context, const Json& value, const std::string& pointer) {
  return make<VisualMaker>(context, "doc_to_visual", value, pointer);
}

PartsFunction make_parts(const Context& context, const Json& value, const std::string& pointer) {
  return make<PartsMaker>(context, "doc_to_messages", value, pointer);
}

DocsFunction make_docs(const Context& context, const Json& value, const std::string& pointer) {
  return make<DocsMaker>(context, "process_docs", value, pointer);
}

std::vector<Parameter> operator+(std::vector<Parameter> first, const std::vector<Parameter>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace lmms_eval::functions
