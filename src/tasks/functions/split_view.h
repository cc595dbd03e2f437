#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tasks/functions/function.h"

namespace lmms_eval::functions {

/// A split made of another one's rows, which are read when they are asked for: what is kept of them is at most a number
/// a row.
class SplitView : public data::Split {
 public:
  explicit SplitView(std::shared_ptr<data::Split> base) : base_(std::move(base)), columns_(base_->columns()) {}

  std::int64_t num_rows() const override { return base_->num_rows(); }
  const std::vector<std::string>& columns() const override { return columns_; }
  std::filesystem::path folder() const override { return base_->folder(); }

 protected:
  const data::Split& base() const { return *base_; }
  void require_column(const std::string& name, const std::string& where) const;
  void add_column(const std::string& name);
  /// Throws Error{data} for a row that there is not.
  void require_row(std::int64_t id) const;

 private:
  std::shared_ptr<data::Split> base_;
  std::vector<std::string> columns_;
};

/// Rows of another split, each as often as wanted, in that order.
class RowSelection final : public SplitView {
 public:
  RowSelection(std::shared_ptr<data::Split> base, std::vector<std::int64_t> rows)
      : SplitView(std::move(base)), rows_(std::move(rows)) {}
  std::int64_t num_rows() const override { return static_cast<std::int64_t>(rows_.size()); }
  Doc row(std::int64_t id) const override;

 private:
  std::vector<std::int64_t> rows_;
};

}  // namespace lmms_eval::functions
