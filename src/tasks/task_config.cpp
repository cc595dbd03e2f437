#include "tasks/task_config.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"

namespace lmms_eval {
namespace {

using Json = nlohmann::ordered_json;

// Allowed types of a field, as bits.
enum Type : unsigned { kText = 1, kInteger = 2, kBoolean = 4, kList = 8, kMap = 16, kFunctionType = 32, kNative = 64 };

struct Field {
  const char* name;
  unsigned types;
  const char* standard;  ///< default as JSON text, null when there is none
};

// In the order in which lmms-eval's TaskConfig declares them, which is the order of `configs` in a results file.
constexpr Field kFields[] = {
    {"task", kText, nullptr},
    {"task_alias", kText, nullptr},
    {"tag", kText | kList, nullptr},
    {"group", kText | kList, nullptr},
    {"group_alias", kText | kList, nullptr},
    {"dataset_path", kText, nullptr},
    {"dataset_name", kText, nullptr},
    {"dataset_kwargs", kMap, nullptr},
    {"training_split", kText, nullptr},
    {"validation_split", kText, nullptr},
    {"test_split", kText, nullptr},
    {"fewshot_split", kText, nullptr},
    {"full_docs", kBoolean, "false"},
    {"process_results_use_image", kBoolean, "false"},
    {"process_docs", kFunctionType | kNative, nullptr},
    {"doc_to_visual", kText | kFunctionType | kNative, nullptr},
    {"doc_to_text", kText | kInteger | kFunctionType | kNative, nullptr},
    {"doc_to_target", kText | kInteger | kList | kFunctionType | kNative, nullptr},
    {"doc_to_choice", kText | kList | kMap | kFunctionType | kNative, nullptr},
    {"doc_to_messages", kFunctionType | kNative, nullptr},
    {"process_results", kText | kFunctionType, nullptr},
    {"use_prompt", kText, nullptr},
    {"description", kText, "\"\""},
    {"target_delimiter", kText, "\" \""},
    {"fewshot_delimiter", kText, "\"\\n\\n\""},
    {"fewshot_config", kMap, nullptr},
    {"num_fewshot", kInteger, nullptr},
    {"metric_list", kList, nullptr},
    {"output_type", kText, "\"generate_until\""},
    {"generation_kwargs", kMap, nullptr},
    {"repeats", kInteger, "1"},
    {"filter_list", kText | kList, nullptr},
    {"should_decontaminate", kBoolean, "false"},
    {"doc_to_decontamination_query", kText, nullptr},
    {"cluster_key", kText, nullptr},
    {"score_key", kText, "\"score\""},
    {"gen_prefix", kText, nullptr},
    {"metadata", kMap | kList, nullptr},
    {"lmms_eval_specific_kwargs", kMap, nullptr},
    {"model_specific_generation_kwargs", kMap, nullptr},
    {"model_specific_target_kwargs", kMap, nullptr},
    {"reasoning_tags", kText | kList | kBoolean, nullptr},
    {"auto_strip_thinking", kBoolean, "false"},
};

bool fits(const Json& value, unsigned types) {
  if (value.is_null()) return true;
  if (is_function(value)) return types & kFunctionType;
  if (is_native_function(value) && (types & kNative)) return true;
  if (value.is_string()) return types & kText;
  if (value.is_boolean()) return types & kBoolean;
  if (value.is_number_integer()) return types & kInteger;
  if (value.is_array()) return types & kList;
  return value.is_object() && (types & kMap);
}

std::string describe(unsigned types) {
  std::vector<std::string> names;
  if (types & kText) names.push_back("a text");
  if (types & kInteger) names.push_back("a whole number");
  if (types & kBoolean) names.push_back("true or false");
  if (types & kList) names.push_back("a list");
  if (types & kMap) names.push_back("a map");
  if (types & kNative)
    names.push_back("a map with `function`");
  else if (types & kFunctionType)
    names.push_back("a !function");
  return join(names, " or ");
}

Json without_functions(const Json& value) {
  if (is_function(value)) return "<function " + function_name(value) + ">";
  if (value.is_object()) {
    Json map = Json::object();
    for (const auto& [key, item] : value.items()) map[key] = without_functions(item);
    return map;
  }
  if (!value.is_array()) return value;
  Json list = Json::array();
  for (const auto& item : value) list.push_back(without_functions(item));
  return list;
}

}  // namespace

TaskConfig::TaskConfig(YamlFile file, const FieldOverrides& overrides) : file_(std::move(file)) {
  for (const auto& [key, value] : overrides.values.items()) {
    file_.value[key] = value;
    file_.replace_place("/" + key, overrides.places.at(key));
  }
  take_fields();
  if (has("group")) {
    if (has("tag")) throw errors::config("{}: group and tag say the same thing; keep tag", place("group"));
    set("tag", (*this)["group"]);
  }
}

void TaskConfig::take_fields() {
  const auto names = field_names();
  for (const auto& [key, value] : file_.value.items()) {
    const auto field = std::find_if(std::begin(kFields), std::end(kFields),
                                    [&, name = key](const Field& known) { return known.name == name; });
    if (field == std::end(kFields)) {
      spdlog::warn("{}: unknown field '{}'{}", place(key), key, did_you_mean(key, names));
      continue;
    }
    // A number where a text is wanted is what PyYAML makes of `dataset_name: 2024`.
    const bool number_for_text = field->types == kText && value.is_number_integer();
    if (!number_for_text && !fits(value, field->types))
      throw errors::config("{}: {} must be {}", place(key), key, describe(field->types));
    values_[key] = number_for_text ? Json(value.dump()) : value;
  }
  for (const auto& field : kFields)
    if (field.standard && !values_.contains(field.name)) values_[field.name] = Json::parse(field.standard);
}

const Json& TaskConfig::operator[](const std::string& field) const {
  static const Json kNull;
  const auto found = values_.find(field);
  return found == values_.end() ? kNull : *found;
}

std::string TaskConfig::text(const std::string& field) const {
  const Json& value = (*this)[field];
  return value.is_string() ? value.get<std::string>() : std::string();
}

Json TaskConfig::dump() const {
  Json dumped = Json::object();
  for (const auto& field : kFields)
    if (has(field.name)) dumped[field.name] = without_functions((*this)[field.name]);
  return dumped;
}

Json without_defaults(const Json& dumped) {
  const auto is_default = [](const Field& field, const Json& value) {
    if (std::string_view(field.name) == "num_fewshot") return value == 0;
    return field.standard && value == Json::parse(field.standard);
  };
  Json rest = dumped;
  for (const auto& field : kFields)
    if (rest.contains(field.name) && is_default(field, rest[field.name])) rest.erase(field.name);
  return rest;
}

std::vector<std::string> TaskConfig::field_names() {
  std::vector<std::string> names;
  for (const auto& field : kFields) names.emplace_back(field.name);
  return names;
}

}  // namespace lmms_eval
