#include "tasks/functions/split_view.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace lmms_eval::functions {

void SplitView::require_column(const std::string& name, const std::string& where) const {
  if (std::find(columns_.begin(), columns_.end(), name) != columns_.end()) return;
  throw errors::config("{}: the data set has no column '{}'{} (it has {})", where, name, did_you_mean(name, columns_),
                       join(columns_, ", "));
}

void SplitView::add_column(const std::string& name) {
  if (std::find(columns_.begin(), columns_.end(), name) == columns_.end()) columns_.push_back(name);
}

void SplitView::require_row(std::int64_t id) const {
  if (id < 0 || id >= num_rows()) throw errors::data("row {} of a split with {} rows", id, num_rows());
}

Doc RowSelection::row(std::int64_t id) const {
  require_row(id);
  const Doc doc = base().row(rows_[static_cast<std::size_t>(id)]);
  return Doc(id, doc.fields(), doc.all_media());
}

}  // namespace lmms_eval::functions
