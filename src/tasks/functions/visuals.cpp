// doc_to_visual from what a doc holds: columns, images_in_text, base64.
#include <algorithm>
#include <set>

#include "base/base64.h"
#include "base/errors.h"
#include "base/regex.h"
#include "base/text.h"
#include "data/media_kind.h"
#include "tasks/functions/function.h"
#include "tasks/functions/media_in_text.h"
#include "template/operators.h"

namespace lmms_eval::functions {
namespace {

/// The media of one column, or the files that a plain column names; none for null.
void add_column(const Doc& doc, const std::string& column, const std::filesystem::path& folder,
                std::vector<MediaRef>& visuals) {
  if (doc.has_media(column)) {
    const auto media = doc.media(column);
    visuals.insert(visuals.end(), media.begin(), media.end());
    return;
  }
  const auto found = doc.fields().find(column);
  if (found == doc.fields().end()) throw errors::data("doc {} has no column '{}' (doc_to_visual)", doc.id(), column);
  if (found->is_null()) return;
  if (!found->is_array()) {
    visuals.push_back(media_in_text(doc, column, *found, folder));
    return;
  }
  for (const auto& item : *found) visuals.push_back(media_in_text(doc, column, item, folder));
}

/// Columns that the pattern matches from their beginning on, as re.match does.
std::vector<std::string> matching_columns(const std::vector<std::string>& columns, const Regex& pattern) {
  std::vector<std::string> names;
  for (const auto& name : columns) {
    const auto match = pattern.search(name);
    if (match && match->begin == 0) names.push_back(name);
  }
  return names;
}

VisualFunction columns(const Arguments& arguments) {
  if (arguments.has("columns") == arguments.has("pattern"))
    throw arguments.wrong(arguments.has("columns") ? "pattern" : "columns",
                          "needs either `columns` (a list of names) or `pattern` (a regular expression of names)");
  if (arguments.has("columns")) {
    return [names = arguments.texts("columns")](const Doc& doc, const DataPlace& place) {
      std::vector<MediaRef> visuals;
      for (const auto& name : names) add_column(doc, name, place.folder, visuals);
      return visuals;
    };
  }
  return [pattern = std::make_shared<const Regex>(arguments.text("pattern"))](const Doc& doc, const DataPlace& place) {
    std::vector<MediaRef> visuals;
    for (const auto& name : matching_columns(place.columns, *pattern)) add_column(doc, name, place.folder, visuals);
    return visuals;
  };
}

/// Which columns a text mentions: each once, sorted as texts, as lmms-eval does it in mmmu.
std::set<std::string> mentioned_columns(const std::string& text, const Regex& marker, const std::string& column) {
  std::set<std::string> names;
  for (const auto& match : marker.find_all(text))
    names.insert(tmpl::replace_all(column, "{}", match.groups.front().value_or(""), -1));
  return names;
}

VisualFunction images_in_text(const Arguments& arguments) {
  const auto marker = std::make_shared<const Regex>(arguments.text("marker", "<image (\\d+)>"));
  if (arguments.has("marker") && arguments.text("marker").find('(') == std::string::npos)
    throw arguments.wrong("marker", "needs a group for the number, as in '<image (\\d+)>'");
  const std::string column = arguments.text("column", "image_{}");
  if (column.find("{}") == column.npos) throw arguments.wrong("column", "needs {} where the number stands");
  return [marker, column, text = arguments.doc_text("text", "question")](const Doc& doc, const DataPlace& place) {
    std::vector<MediaRef> visuals;
    for (const auto& name : mentioned_columns(text.text(doc), *marker, column)) {
      const auto before = visuals.size();
      add_column(doc, name, place.folder, visuals);
      if (visuals.size() == before)
        throw errors::data("doc {}: its text shows '{}', which is null (doc_to_visual)", doc.id(), name);
    }
    return visuals;
  };
}

MediaRef decoded(const Doc& doc, const std::string& text, const std::string& kind) {
  // Encoders break lines; the alphabet has no white space.
  std::string compact;
  for (const char c : text)
    if (c != '\n' && c != '\r' && c != ' ') compact += c;
  if (const auto comma = compact.find(";base64,"); compact.starts_with("data:") && comma != compact.npos)
    compact.erase(0, comma + 8);
  std::string bytes = errors::with_context("while reading the base64 text of doc " + std::to_string(doc.id()),
                                           [&] { return base64_decode(compact); });
  const MediaKind medium = kind.empty() ? data::media_kind_of(bytes, "") : media_kind_named(kind);
  return MediaRef::from_bytes(medium, std::move(bytes), "");
}

VisualFunction base64(const Arguments& arguments) {
  const std::string kind = kind_argument(arguments);
  return [column = arguments.doc_text("column"), kind](const Doc& doc, const DataPlace&) {
    const Json value = column.value(doc);
    std::vector<MediaRef> visuals;
    const auto add = [&](const Json& item) {
      if (item.is_null()) return;
      if (!item.is_string())
        throw errors::data("doc {}: {} is no base64 text (doc_to_visual)", doc.id(), one_line(item.dump(), 60));
      visuals.push_back(decoded(doc, item.get_ref<const std::string&>(), kind));
    };
    if (value.is_array())
      std::for_each(value.begin(), value.end(), add);
    else
      add(value);
    return visuals;
  };
}

const std::vector<std::string> kVisual = {"doc_to_visual"};
const Registration kColumns{{"columns", kVisual, {{"columns", Type::texts}, {"pattern", Type::text}}, columns}};
const Registration kInText{{"images_in_text",
                            kVisual,
                            {{"text", Type::text}, {"marker", Type::text}, {"column", Type::text}},
                            images_in_text}};
const Registration kBase64{{"base64", kVisual, {{"column", Type::text, true}, {"kind", Type::text}}, base64}};

}  // namespace
}  // namespace lmms_eval::functions
