// process_docs that compute columns: add_columns, normalize_boxes, hellaswag.
#include <array>

#include "base/errors.h"
#include "base/python_text.h"
#include "base/regex.h"
#include "base/text.h"
#include "media/image.h"
#include "tasks/functions/split_view.h"
#include "template/operators.h"
#include "template/unicode.h"

namespace lmms_eval::functions {
namespace {

/// Each row with values added to it.
class ComputedSplit final : public SplitView {
 public:
  using Compute = std::function<void(const Doc& doc, Json& fields)>;

  ComputedSplit(std::shared_ptr<data::Split> base, const std::vector<std::string>& columns, Compute compute)
      : SplitView(std::move(base)), compute_(std::move(compute)) {
    for (const auto& name : columns) add_column(name);
  }

  Doc row(std::int64_t id) const override {
    const Doc doc = base().row(id);
    Json fields = doc.fields();
    compute_(doc, fields);
    return Doc(id, std::move(fields), doc.all_media());
  }

 private:
  Compute compute_;
};

DocsFunction computed(std::vector<std::string> columns, ComputedSplit::Compute compute) {
  return [columns = std::move(columns), compute = std::move(compute)](
             std::shared_ptr<data::Split> docs, const data::DataSource&) -> std::shared_ptr<data::Split> {
    return std::make_shared<ComputedSplit>(std::move(docs), columns, compute);
  };
}

ValueFunction column_value(const Arguments& arguments, const std::string& name, const Json& value) {
  if (value.is_string()) {
    return [text = arguments.doc_text_of(value.get<std::string>(), "columns")](const Doc& doc, const Json& more) {
      return text.value(doc, more);
    };
  }
  const std::string pointer = arguments.pointer("columns") + "/" + pointer_part(name);
  if (!is_native_function(value)) throw arguments.wrong("columns", "must map names to texts or maps with `function`");
  // What makes a target or a list of choices makes a column too.
  const std::string function = value["function"].get<std::string>();
  const bool list = function == "options" || function == "letters";
  return make_value(arguments.context(), list ? "doc_to_choice" : "doc_to_target", value, pointer);
}

DocsFunction add_columns(const Arguments& arguments) {
  std::vector<std::string> names;
  std::vector<std::pair<std::string, ValueFunction>> values;
  for (const auto& [name, value] : arguments["columns"].items()) {
    names.push_back(name);
    values.emplace_back(name, column_value(arguments, name, value));
  }
  return computed(names, [values](const Doc& doc, Json& fields) {
    for (const auto& [name, value] : values) fields[name] = value(doc, nullptr);
  });
}

std::array<double, 4> box_in(const Doc& doc, const std::string& column) {
  const auto found = doc.fields().find(column);
  std::array<double, 4> box{};
  bool fits = found != doc.fields().end() && found->is_array() && found->size() == box.size();
  for (std::size_t i = 0; fits && i < box.size(); ++i) {
    fits = (*found)[i].is_number();
    if (fits) box[i] = (*found)[i].get<double>();
  }
  if (!fits) throw errors::data("doc {}: column '{}' holds no box of four numbers", doc.id(), column);
  return box;
}

/// Pixels → shares of the picture's width and height; the columns image_width and image_height are added.
DocsFunction normalize_boxes(const Arguments& arguments) {
  const std::string column = arguments.text("column", "bbox"), image = arguments.text("image", "image");
  const std::string form = arguments.text("form", "xywh");
  if (form != "xywh" && form != "xyxy") throw arguments.wrong("form", "must be xywh or xyxy, not '" + form + "'");
  return computed({"image_width", "image_height"},
                  [column, image, sized = form == "xywh"](const Doc& doc, Json& fields) {
                    const auto media = doc.has_media(image) ? doc.media(image) : std::span<const MediaRef>();
                    if (media.empty()) throw errors::data("doc {} has no picture in column '{}'", doc.id(), image);
                    const auto size = media::probe_image(media.front().bytes(), media.front().name());
                    const auto [x, y, a, b] = box_in(doc, column);
                    const double right = sized ? x + a : a, bottom = sized ? y + b : b;
                    fields[column] = {x / size.width, y / size.height, right / size.width, bottom / size.height};
                    fields["image_width"] = size.width;
                    fields["image_height"] = size.height;
                  });
}

std::string text_column(const Doc& doc, const std::string& column) {
  const auto found = doc.fields().find(column);
  if (found == doc.fields().end() || !found->is_string())
    throw errors::data("doc {}: its column '{}' holds no text", doc.id(), column);
  return found->get<std::string>();
}

/// `preprocess` of lm-eval's hellaswag: what its source, WikiHow, left in the texts.
std::string without_wikihow_marks(const std::string& text) {
  std::string clean(python_strip(text));
  clean = tmpl::replace_all(clean, " [title]", ". ", -1);
  clean = Regex::cached("\\[.*?\\]").replace_all(clean, "");
  return tmpl::replace_all(clean, "  ", " ", -1);
}

std::int64_t label_of(const Doc& doc) {
  const auto found = doc.fields().find("label");
  std::optional<std::int64_t> label;
  if (found != doc.fields().end() && found->is_number_integer()) label = found->get<std::int64_t>();
  if (found != doc.fields().end() && found->is_string())
    label = tmpl::parse_int(found->get_ref<const std::string&>(), 10);
  if (!label) throw errors::data("doc {}: its column 'label' holds no whole number", doc.id());
  return *label;
}

void add_hellaswag(const Doc& doc, Json& fields) {
  const std::string context = text_column(doc, "ctx_a") + " " + tmpl::to_capitalized(text_column(doc, "ctx_b"));
  const auto endings = doc.fields().find("endings");
  if (endings == doc.fields().end() || !endings->is_array())
    throw errors::data("doc {}: its column 'endings' holds no list", doc.id());
  Json choices = Json::array();
  for (const auto& ending : *endings) choices.push_back(without_wikihow_marks(tmpl::str(ending)));
  fields["query"] = without_wikihow_marks(text_column(doc, "activity_label") + ": " + context);
  fields["choices"] = std::move(choices);
  fields["gold"] = label_of(doc);
}

DocsFunction hellaswag(const Arguments&) { return computed({"query", "choices", "gold"}, add_hellaswag); }

const std::vector<std::string> kDocs = {"process_docs"};
const Registration kAddColumns{{"add_columns", kDocs, {{"columns", Type::map, true}}, add_columns}};
const Registration kBoxes{
    {"normalize_boxes", kDocs, {{"column", Type::text}, {"image", Type::text}, {"form", Type::text}}, normalize_boxes}};
const Registration kHellaswag{{"hellaswag", kDocs, {}, hellaswag}};

}  // namespace
}  // namespace lmms_eval::functions
