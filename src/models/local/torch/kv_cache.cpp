#include "models/local/torch/kv_cache.h"

#include "models/local/torch/layers.h"
#include "models/local/torch/pch.h"

namespace lmms_eval::local {

KvCache::KvCache(std::int64_t layers, std::int64_t rows, std::int64_t kv_heads, std::int64_t head_dim,
                 std::int64_t capacity, const at::TensorOptions& options) {
  for (std::int64_t i = 0; i < layers; ++i) {
    keys_.push_back(at::empty({rows, kv_heads, capacity, head_dim}, options));
    values_.push_back(at::empty({rows, kv_heads, capacity, head_dim}, options));
  }
}

void KvCache::reserve(std::int64_t columns) {
  const auto old = capacity();
  if (columns <= old) return;
  const auto larger = std::max(columns, old + old / 2);
  for (auto* tensors : {&keys_, &values_}) {
    for (auto& tensor : *tensors) {
      auto grown = at::empty({tensor.size(0), tensor.size(1), larger, tensor.size(3)}, tensor.options());
      grown.narrow(2, 0, old).copy_(tensor);
      tensor = std::move(grown);
    }
  }
}

void KvCache::keep_rows(const at::Tensor& rows) {
  for (auto* tensors : {&keys_, &values_})
    for (auto& tensor : *tensors) tensor = tensor.index_select(0, rows);
}

PrefillPlan::PrefillPlan(KvCache& cache, std::vector<Segment> segments)
    : cache_(cache), segments_(std::move(segments)) {
  for (std::size_t i = 0; i < segments_.size(); ++i)
    uniform_ = uniform_ && segments_[i].length == segments_[0].length && segments_[i].column == segments_[0].column &&
               segments_[i].row == static_cast<std::int64_t>(i);
  uniform_ = uniform_ && static_cast<std::int64_t>(segments_.size()) == cache_.rows();
}

void PrefillPlan::clear_before(std::size_t layer) {
  for (const auto& segment : segments_) {
    if (segment.column == 0) continue;
    cache_.keys(layer)[segment.row].narrow(1, 0, segment.column).zero_();
    cache_.values(layer)[segment.row].narrow(1, 0, segment.column).zero_();
  }
}

at::Tensor PrefillPlan::attend_together(std::size_t layer, const at::Tensor& q, const at::Tensor& k,
                                        const at::Tensor& v) {
  const auto rows = static_cast<std::int64_t>(segments_.size());
  const auto [length, row, column] = segments_.front();
  const auto split = [rows, n = length](const at::Tensor& x) { return x.unflatten(0, {rows, n}).transpose(1, 2); };
  const auto keys = split(k), values = split(v);
  cache_.keys(layer).narrow(2, column, length).copy_(keys);
  cache_.values(layer).narrow(2, column, length).copy_(values);
  return attention(split(q), keys, values, {}, true).flatten(0, 1);
}

at::Tensor PrefillPlan::attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  clear_before(layer);
  if (uniform_) return attend_together(layer, q, k, v);
  std::vector<at::Tensor> outputs;
  std::int64_t offset = 0;
  for (const auto& [length, row, column] : segments_) {
    const auto part = [offset, n = length](const at::Tensor& x) {
      return x.narrow(0, offset, n).transpose(0, 1).unsqueeze(0);
    };
    const auto keys = part(k), values = part(v);
    cache_.keys(layer)[row].narrow(1, column, length).copy_(keys[0]);
    cache_.values(layer)[row].narrow(1, column, length).copy_(values[0]);
    outputs.push_back(attention(part(q), keys, values, {}, true)[0]);
    offset += length;
  }
  return outputs.size() == 1 ? outputs.front() : at::cat(outputs);
}

ContinuePlan::ContinuePlan(const KvCache& cache, std::vector<Segment> segments)
    : cache_(cache), segments_(std::move(segments)) {}

at::Tensor ContinuePlan::attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  std::vector<at::Tensor> outputs;
  std::int64_t offset = 0;
  for (const auto& [length, row, seen] : segments_) {
    const auto part = [offset, n = length](const at::Tensor& x) {
      return x.narrow(0, offset, n).transpose(0, 1).unsqueeze(0);
    };
    const auto keys = at::cat({cache_.keys(layer)[row].narrow(1, 0, seen).unsqueeze(0), part(k)}, 2);
    const auto values = at::cat({cache_.values(layer)[row].narrow(1, 0, seen).unsqueeze(0), part(v)}, 2);
    at::Tensor mask;
    if (length > 1)
      mask =
          at::full({length, seen + length}, -INFINITY, q.options()).triu_(seen + 1).view({1, 1, length, seen + length});
    outputs.push_back(attention(part(q), keys, values, mask, false)[0]);
    offset += length;
  }
  return outputs.size() == 1 ? outputs.front() : at::cat(outputs);
}

DecodePlan::DecodePlan(KvCache& cache, std::int64_t column, at::Tensor mask)
    : cache_(cache), column_(column), mask_(std::move(mask)) {}

at::Tensor DecodePlan::attend(std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const auto& keys = cache_.keys(layer);
  const auto& values = cache_.values(layer);
  keys.select(2, column_).copy_(k);
  values.select(2, column_).copy_(v);
  return attention(q.unsqueeze(2), keys.narrow(2, 0, column_ + 1), values.narrow(2, 0, column_ + 1), mask_, false)
      .flatten(0, 1);
}

}  // namespace lmms_eval::local
