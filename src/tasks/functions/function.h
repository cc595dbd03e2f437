#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/dataset.h"
#include "lmms_eval/error.h"
#include "lmms_eval/task.h"
#include "tasks/functions/field_template.h"
#include "tasks/task_config.h"

/// Native functions for the fields of a task that take a Python function in lmms-eval. A YAML names one by a map:
///
///     doc_to_text: {function: multiple_choice, options: choices}
///
/// It is made once, when the YAML is read, and applied to docs by several threads.
namespace lmms_eval::functions {

using Json = nlohmann::ordered_json;

/// doc_to_text, doc_to_target, doc_to_choice. `more`: null, or variables of templates that hide columns.
using ValueFunction = std::function<Json(const Doc& doc, const Json& more)>;
/// Where docs come from: what relative paths in them are relative to, and their columns in order.
struct DataPlace {
  std::filesystem::path folder;
  std::vector<std::string> columns;
};
/// doc_to_visual.
using VisualFunction = std::function<std::vector<MediaRef>(const Doc& doc, const DataPlace& place)>;
/// doc_to_messages: how the text and the media of a user turn stand together.
using PartsFunction = std::function<std::vector<Part>(const std::string& text, const std::vector<MediaRef>& visuals)>;
/// process_docs: another view of a split. Rows are read when they are asked for.
using DocsFunction =
    std::function<std::shared_ptr<data::Split>(std::shared_ptr<data::Split> docs, const data::DataSource& source)>;

/// What the functions of one task share.
struct Context {
  Context(const TaskConfig& config, const std::string& model);

  const TaskConfig& config;
  /// lmms_eval_specific_kwargs and model_specific_target_kwargs as they are for the model in use; null: none.
  Json specific_kwargs, target_kwargs;
  /// What templates see beside the columns: both of them, and `cache_dir` of dataset_kwargs.
  Json variables = Json::object();
};

enum class Type { text, texts, integer, boolean, list, map, any };

struct Parameter {
  std::string name;
  Type type = Type::text;
  bool required = false;
};

/// The parameters that a YAML gives to a function, types checked. Of one name in lmms_eval_specific_kwargs (of
/// doc_to_target: model_specific_target_kwargs) the value there wins: so models get their own prompts.
class Arguments {
 public:
  Arguments(const Context& context, std::string field, std::string pointer, Json values,
            std::map<std::string, std::string> places)
      : context_(context),
        field_(std::move(field)),
        pointer_(std::move(pointer)),
        values_(std::move(values)),
        places_(std::move(places)) {}

  bool has(const std::string& name) const { return !(*this)[name].is_null(); }
  const Json& operator[](const std::string& name) const;  ///< null when it is not given
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  /// A lone text counts as a list of one.
  std::vector<std::string> texts(const std::string& name) const;
  bool flag(const std::string& name) const { return has(name) && (*this)[name].get<bool>(); }
  std::optional<std::int64_t> integer(const std::string& name) const;
  DocText doc_text(const std::string& name, const std::string& otherwise = "") const;
  DocText doc_text_of(const std::string& source, const std::string& name) const;

  const Context& context() const { return context_; }
  const std::string& field() const { return field_; }
  /// Where a parameter stands in the file: a JSON pointer without the first slash, and "file:line".
  std::string pointer(const std::string& name) const { return pointer_ + "/" + name; }
  std::string place(const std::string& name) const;
  /// Error{config}: "file:line: NAME PROBLEM".
  Error wrong(const std::string& name, const std::string& problem) const;

 private:
  const Context& context_;
  std::string field_, pointer_;
  Json values_;
  std::map<std::string, std::string> places_;
};

using ValueMaker = ValueFunction (*)(const Arguments&);
using VisualMaker = VisualFunction (*)(const Arguments&);
using PartsMaker = PartsFunction (*)(const Arguments&);
using DocsMaker = DocsFunction (*)(const Arguments&);

struct Function {
  std::string name;
  std::vector<std::string> fields;  ///< of a task that may name it
  std::vector<Parameter> parameters;
  std::variant<ValueMaker, VisualMaker, PartsMaker, DocsMaker> make;
};

void register_function(Function function);

struct Registration {
  explicit Registration(Function function) { register_function(std::move(function)); }
};

/// Makes the function that `value`, a map with `function`, names. `pointer` is where it stands in the file
/// ("doc_to_text", "doc_to_text/cases/open"). Throw Error{config} with file:line for an unknown function or parameter,
/// with the nearest name, and for a parameter of a wrong type.
ValueFunction make_value(const Context& context, const std::string& field, const Json& value,
                         const std::string& pointer);
VisualFunction make_visual(const Context& context, const Json& value, const std::string& pointer);
PartsFunction make_parts(const Context& context, const Json& value, const std::string& pointer);
DocsFunction make_docs(const Context& context, const Json& value, const std::string& pointer);

/// True if a function or template of the task takes something from that field of model-specific values.
bool uses_specific_kwargs(const Context& context);
bool uses_target_kwargs(const Context& context);

/// Two lists of parameters as one.
std::vector<Parameter> operator+(std::vector<Parameter> first, const std::vector<Parameter>& second);

}  // namespace lmms_eval::functions
