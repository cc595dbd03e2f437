// process_docs that choose rows or make several of one: filter, explode, chain.
#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "tasks/functions/split_view.h"

namespace lmms_eval::functions {
namespace {

struct Condition {
  std::string column;
  std::vector<Json> values;
};

bool holds(const Condition& condition, const Doc& doc) {
  const auto found = doc.fields().find(condition.column);
  if (found == doc.fields().end())
    throw errors::data("doc {} has no value in column '{}' (process_docs)", doc.id(), condition.column);
  return std::find(condition.values.begin(), condition.values.end(), *found) != condition.values.end();
}

std::vector<Condition> conditions(const Arguments& arguments, const std::string& name) {
  std::vector<Condition> conditions;
  for (const auto& [column, value] : arguments[name].items()) {
    if (value.is_object()) throw arguments.wrong(name, "must map columns to a value or a list of values");
    conditions.push_back({column, value.is_array() ? value.get<std::vector<Json>>() : std::vector<Json>{value}});
  }
  return conditions;
}

/// Keeps the numbers of the rows that meet all of `where` and none of `unless`.
DocsFunction filter(const Arguments& arguments) {
  if (!arguments.has("where") && !arguments.has("unless"))
    throw arguments.wrong("filter", "needs `where` or `unless`, a map of columns to values");
  return [wanted = conditions(arguments, "where"), unwanted = conditions(arguments, "unless")](
             std::shared_ptr<data::Split> docs, const data::DataSource&) -> std::shared_ptr<data::Split> {
    std::vector<std::int64_t> rows;
    for (std::int64_t id = 0; id < docs->num_rows(); ++id) {
      const Doc doc = docs->row(id);
      const auto met = [&](const Condition& condition) { return holds(condition, doc); };
      if (std::all_of(wanted.begin(), wanted.end(), met) && std::none_of(unwanted.begin(), unwanted.end(), met))
        rows.push_back(id);
    }
    return std::make_shared<RowSelection>(std::move(docs), std::move(rows));
  };
}

/// A row for each item of a list column. Rows are found by where those of each base row begin.
class ExplodedSplit final : public SplitView {
 public:
  ExplodedSplit(std::shared_ptr<data::Split> base, std::string column, const std::string& where)
      : SplitView(std::move(base)), column_(std::move(column)) {
    require_column(column_, where);
    begins_.reserve(static_cast<std::size_t>(this->base().num_rows()) + 1);
    begins_.push_back(0);
    for (std::int64_t id = 0; id < this->base().num_rows(); ++id)
      begins_.push_back(begins_.back() + static_cast<std::int64_t>(items(this->base().row(id)).size()));
  }

  std::int64_t num_rows() const override { return begins_.back(); }

  Doc row(std::int64_t id) const override {
    require_row(id);
    const auto after = std::upper_bound(begins_.begin(), begins_.end(), id);
    const std::int64_t base_row = std::prev(after) - begins_.begin();
    const Doc doc = base().row(base_row);
    Json fields = doc.fields();
    fields[column_] = items(doc).at(static_cast<std::size_t>(id - *std::prev(after)));
    return Doc(id, std::move(fields), doc.all_media());
  }

 private:
  /// Those of null are none.
  Json items(const Doc& doc) const {
    const auto found = doc.fields().find(column_);
    if (found == doc.fields().end() || found->is_null()) return Json::array();
    if (!found->is_array())
      throw errors::data("doc {}: column '{}' holds {}, which is no list to explode", doc.id(), column_,
                         one_line(found->dump(), 60));
    return *found;
  }

  std::string column_;
  std::vector<std::int64_t> begins_;
};

DocsFunction explode(const Arguments& arguments) {
  return [column = arguments.text("column"), where = arguments.place("column")](
             std::shared_ptr<data::Split> docs, const data::DataSource&) -> std::shared_ptr<data::Split> {
    return std::make_shared<ExplodedSplit>(std::move(docs), column, where);
  };
}

DocsFunction chain(const Arguments& arguments) {
  std::vector<DocsFunction> steps;
  for (std::size_t i = 0; i < arguments["steps"].size(); ++i)
    steps.push_back(
        make_docs(arguments.context(), arguments["steps"][i], arguments.pointer("steps") + "/" + std::to_string(i)));
  return [steps](std::shared_ptr<data::Split> docs, const data::DataSource& source) {
    for (const auto& step : steps) docs = step(std::move(docs), source);
    return docs;
  };
}

const std::vector<std::string> kDocs = {"process_docs"};
const Registration kFilter{{"filter", kDocs, {{"where", Type::map}, {"unless", Type::map}}, filter}};
const Registration kExplode{{"explode", kDocs, {{"column", Type::text, true}}, explode}};
const Registration kChain{{"chain", kDocs, {{"steps", Type::list, true}}, chain}};

}  // namespace
}  // namespace lmms_eval::functions
