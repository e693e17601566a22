#include "fused/packed_weights.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/base.h"

namespace attend::fused {

using at::Tensor;
using kernels::PackedRows;
using kernels::RowsPerProduct;
using kernels::TrainingMatrix;

std::span<float> span_of(const Tensor& tensor) {
  ATTEND_CHECK(tensor.is_contiguous());
  return {tensor.data_ptr<float>(), to_size(tensor.numel())};
}

kernels::Rows rows_of(const Tensor& matrix) {
  ATTEND_CHECK(matrix.dim() == 2 && (matrix.stride(1) == 1 || matrix.size(1) == 1));
  return {matrix.data_ptr<float>(), to_size(matrix.stride(0))};
}

kernels::Rows rows_at(const Tensor& sequence, std::int64_t t) {
  ATTEND_CHECK(sequence.dim() == 3 && sequence.is_contiguous());
  return {sequence.data_ptr<float>() + t * sequence.stride(0), to_size(sequence.size(2))};
}

const TrainingMatrix& PackedWeights::get(const Tensor& block, bool transposed,
                                         RowsPerProduct rows) {
  ATTEND_CHECK(block.dim() == 2);
  const int outputs = transposed ? 1 : 0, inputs = 1 - outputs;
  const float* values = block.data_ptr<float>();
  const Key key{reinterpret_cast<std::int64_t>(values),
                block.size(outputs),
                block.size(inputs),
                block.stride(outputs),
                block.stride(inputs),
                static_cast<std::int64_t>(rows)};
  const std::lock_guard lock(mutex_);
  const auto found = matrices_.find(key);
  if (found != matrices_.end()) return found->second.matrix;
  TrainingMatrix matrix(primitives_, precision_, rows, values, to_size(key[1]), to_size(key[2]),
                        {to_size(key[3]), to_size(key[4])});
  return matrices_.try_emplace(key, std::move(matrix)).first->second.matrix;
}

const TrainingMatrix& PackedWeights::forward(const Tensor& block, RowsPerProduct rows) {
  return get(block, false, rows);
}

const TrainingMatrix& PackedWeights::backward(const Tensor& block, RowsPerProduct rows) {
  return get(block, true, rows);
}

void PackedWeights::begin_changes() {
  for (auto& [key, packed] : matrices_) packed.done = 0;
}

void PackedWeights::pack_rows(kernels::ConstRows rows, std::size_t count) {
  for (auto& [key, packed] : matrices_) packed.done += packed.matrix.pack_among(rows, count);
}

void PackedWeights::refresh(Workers& workers, std::size_t count,
                            const std::function<void(std::size_t)>& task) {
  std::vector<std::pair<std::int64_t, TrainingMatrix*>> all;  // the largest first
  for (auto& [key, packed] : matrices_) {
    const std::int64_t weights = key[1] * key[2];
    if (packed.done.exchange(0) < to_size(weights)) all.emplace_back(-weights, &packed.matrix);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  workers.for_each(count + all.size(), [&](std::size_t i) {
    if (i < count) return task(i);
    all[i - count].second->pack();
  });
}

void PackedWeights::refresh() {
  for (auto& [key, packed] : matrices_) packed.matrix.pack();
}

ShardMatrices::ShardMatrices(Precision precision)
    : weights_(std::make_shared<PackedWeights>(precision)) {}

ShardMatrices::ShardMatrices(std::shared_ptr<PackedWeights> weights, GradientQueue* queue,
                             std::size_t shard)
    : weights_(std::move(weights)), queue_(queue), shard_(shard) {}

PackedRows ShardMatrices::pack(const Tensor& matrix) const {
  return {precision(), rows_of(matrix), to_size(matrix.size(0)), to_size(matrix.size(1)),
          std::make_shared<const Tensor>(matrix)};
}

void ShardMatrices::add_gradient(const PackedRows& a, const PackedRows& b,
                                 kernels::Rows gradient) const {
  if (queue_ != nullptr && queue_->takes(shard_, gradient.values)) {
    return queue_->add(shard_, a, b, gradient);
  }
  kernels::gradient_product(primitives(), a, b, gradient, kernels::Write::kAdd);
}

std::shared_ptr<kernels::Buffer> ShardMatrices::logit_memory() {
  if (logit_memory_.use_count() != 1) logit_memory_ = std::make_shared<kernels::Buffer>();
  return logit_memory_;
}

WeightGradient::WeightGradient(const Tensor& weight)
    : in_place_(weight.is_leaf() && weight.requires_grad() && weight.grad().defined()),
      sum_(in_place_ ? weight.grad()
                     : at::zeros(weight.sizes(), weight.options().requires_grad(false))) {}

void add_product(const ShardMatrices& matrices, const PackedRows& a, const PackedRows& b,
                 const Tensor& gradient) {
  ATTEND_CHECK(gradient.size(0) == static_cast<std::int64_t>(a.units()) &&
               gradient.size(1) == static_cast<std::int64_t>(b.units()));
  matrices.add_gradient(a, b, rows_of(gradient));
}

void add_column_sums(const Tensor& matrix, const Tensor& sums) {
  ATTEND_CHECK(sums.numel() == matrix.size(1) && sums.is_contiguous());
  kernels::add_column_sums(rows_of(matrix), to_size(matrix.size(0)), to_size(matrix.size(1)),
                           sums.data_ptr<float>());
}

}  // namespace attend::fused
