// process_docs: join, which takes columns from the row of another split that has the same key.
#include <unordered_map>

#include "base/errors.h"
#include "base/text.h"
#include "tasks/functions/split_view.h"

namespace lmms_eval::functions {
namespace {

struct Key {
  std::string ours, theirs;
};

/// Of the other split only the place of each key is kept: its pictures are read with the row that shows them.
class JoinedSplit final : public SplitView {
 public:
  JoinedSplit(std::shared_ptr<data::Split> base, std::unique_ptr<data::Split> other, Key key,
              std::vector<std::string> columns, const std::string& where)
      : SplitView(std::move(base)), other_(std::move(other)), key_(std::move(key)), taken_(std::move(columns)) {
    require_column(key_.ours, where);
    for (const auto& name : taken_) add_column(name);
    for (std::int64_t id = 0; id < other_->num_rows(); ++id) {
      const Doc doc = other_->row(id);
      if (id == 0) check_columns(doc, where);
      places_[value_of(doc, key_.theirs).dump()] = id;
    }
  }

  Doc row(std::int64_t id) const override {
    const Doc doc = base().row(id);
    const Json& key = value_of(doc, key_.ours);
    const auto place = places_.find(key.dump());
    if (place == places_.end())
      throw errors::data("doc {}: no row of the joined split has {} = {}", id, key_.theirs, one_line(key.dump(), 60));
    const Doc match = other_->row(place->second);
    Json fields = doc.fields();
    auto media = doc.all_media();
    for (const auto& name : taken_) {
      if (match.has_media(name)) {
        const auto refs = match.media(name);
        media[name] = {refs.begin(), refs.end()};
      } else {
        fields[name] = value_of(match, name);
      }
    }
    return Doc(id, std::move(fields), std::move(media));
  }

 private:
  static const Json& value_of(const Doc& doc, const std::string& column) {
    const auto found = doc.fields().find(column);
    if (found == doc.fields().end()) throw errors::data("doc {} has no value in column '{}'", doc.id(), column);
    return *found;
  }

  void check_columns(const Doc& doc, const std::string& where) const {
    const auto& columns = other_->columns();
    auto wanted = taken_;
    wanted.push_back(key_.theirs);
    for (const auto& name : wanted)
      if (!doc.has_media(name) && !doc.fields().contains(name))
        throw errors::config("{}: the joined split has no column '{}'{} (it has {})", where, name,
                             did_you_mean(name, columns), join(columns, ", "));
  }

  std::unique_ptr<data::Split> other_;
  Key key_;
  std::vector<std::string> taken_;
  std::unordered_map<std::string, std::int64_t> places_;  // of keys as JSON; the last row of a key counts
};

Key key_argument(const Arguments& arguments) {
  const Json& key = arguments["key"];
  if (key.is_string()) return {key.get<std::string>(), key.get<std::string>()};
  if (key.is_object() && key.size() == 1 && key.front().is_string())
    return {key.begin().key(), key.front().get<std::string>()};
  throw arguments.wrong("key", "must be a column that both have, or a map {column here: column there}");
}

DocsFunction make_join(const Arguments& arguments) {
  const Json kwargs = arguments["dataset_kwargs"];
  return [path = arguments.text("dataset_path"), name = arguments.text("dataset_name"), kwargs,
          has_name = arguments.has("dataset_name"), split = arguments.text("split"), key = key_argument(arguments),
          columns = arguments.texts("columns"), where = arguments.place("columns")](
             std::shared_ptr<data::Split> docs, const data::DataSource& source) -> std::shared_ptr<data::Split> {
    data::DataSource other = source;
    if (!path.empty()) other.path = path;
    if (has_name) other.name = name;
    if (kwargs.is_object()) other.kwargs = kwargs;
    other.where = where;
    return std::make_shared<JoinedSplit>(std::move(docs), data::open_split(other, split, data::kRandomAccessBytes), key,
                                         columns, where);
  };
}

const Registration kJoin{{"join",
                          {"process_docs"},
                          {{"key", Type::any, true},
                           {"columns", Type::texts, true},
                           {"split", Type::text, true},
                           {"dataset_path", Type::text},
                           {"dataset_name", Type::text},
                           {"dataset_kwargs", Type::map}},
                          make_join}};

}  // namespace
}  // namespace lmms_eval::functions
