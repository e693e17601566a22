// The matrix products of the fused functions. Weights are packed once an update, and all threads
// share them.
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "base/base.h"
#include "fused/gradient_queue.h"
#include "kernels/kernels.h"
#include "model/model.h"

namespace attend::fused {

/// Weights in the layout that products read. Several threads may call forward() and backward()
/// concurrently. begin_changes() and refresh() need exclusive access.
class PackedWeights {
 public:
  /// `precision` is that of the factors: float32 or bfloat16.
  explicit PackedWeights(Precision precision) : precision_(precision) {
    ATTEND_CHECK(precision != Precision::kInt8);
  }

  Precision precision() const { return precision_; }
  const kernels::PrimitiveCache& primitives() const { return primitives_; }

  /// Returns the matrix for y = W x, where `block` is W [outputs, inputs], a part of some
  /// parameter. The first call packs it, and every refresh() packs it again. The parameter must
  /// outlive this object. The reference is valid as long as this object.
  const kernels::TrainingMatrix& forward(const at::Tensor& block, kernels::RowsPerProduct rows);
  /// Returns the matrix for x = Wᵀ y, which maps a gradient of y to the gradient of x.
  const kernels::TrainingMatrix& backward(const at::Tensor& block, kernels::RowsPerProduct rows);

  /// Starts an update. The next refresh(workers) skips the weights that pack_rows() has repacked
  /// completely since this call.
  void begin_changes();
  /// Call this when `count` whole rows of a parameter have changed. Packs their weights in every
  /// matrix that can be packed in parts (TrainingMatrix::pack_among); refresh() packs the others.
  /// Several threads may each pack rows of their own. No thread may multiply meanwhile.
  void pack_rows(kernels::ConstRows rows, std::size_t count);
  /// Packs all weights again because parameters have changed, except for those that pack_rows() has
  /// repacked completely. The workers also run task(0) … task(count − 1), which may be anything
  /// else. No thread may multiply meanwhile.
  void refresh(Workers& workers, std::size_t count = 0,
               const std::function<void(std::size_t)>& task = nullptr);
  /// Packs all weights again, without exception, in the calling thread.
  void refresh();

 private:
  using Key = std::array<std::int64_t, 6>;  // address, outputs, inputs, strides, rows
  const kernels::TrainingMatrix& get(const at::Tensor& block, bool transposed,
                                     kernels::RowsPerProduct rows);

  struct Packed {
    explicit Packed(kernels::TrainingMatrix weights) : matrix(std::move(weights)) {}
    kernels::TrainingMatrix matrix;
    std::atomic<std::size_t> done = 0;  // weights packed since begin_changes()
  };

  Precision precision_;
  kernels::PrimitiveCache primitives_;
  std::mutex mutex_;  // guards matrices_
  std::map<Key, Packed> matrices_;
};

/// The matrix products of one shard of a batch, or of a whole batch. For one thread at a time;
/// shards may share their weights.
class ShardMatrices {
 public:
  /// Makes products with packed weights of its own and without a queue.
  explicit ShardMatrices(Precision precision);
  /// Passes the gradients that `queue` takes to the queue and computes the others at once. `queue`
  /// must outlive this object, or be null: then all gradients are computed at once. `shard` is the
  /// index of this shard in the queue.
  ShardMatrices(std::shared_ptr<PackedWeights> weights, GradientQueue* queue, std::size_t shard);

  Precision precision() const { return weights_->precision(); }
  const kernels::PrimitiveCache& primitives() const { return weights_->primitives(); }
  PackedWeights& weights() { return *weights_; }

  const kernels::TrainingMatrix& forward(const at::Tensor& block, kernels::RowsPerProduct rows) {
    return weights_->forward(block, rows);
  }
  const kernels::TrainingMatrix& backward(const at::Tensor& block, kernels::RowsPerProduct rows) {
    return weights_->backward(block, rows);
  }
  /// Packs a matrix [rows, units] as a factor. float32 values are not copied and must stay
  /// unchanged.
  kernels::PackedRows pack(const at::Tensor& matrix) const;
  /// Computes gradient [a.units(), b.units()] += Σ_r a_r b_rᵀ, now or later in the queue.
  /// `gradient` is a block of some parameter's gradient. Nothing but products of this kind may be
  /// added to that gradient.
  void add_gradient(const kernels::PackedRows& a, const kernels::PackedRows& b,
                    kernels::Rows gradient) const;
  /// Returns the memory for the gradient of one batch's logits. It is reused when no caller holds
  /// it any more.
  std::shared_ptr<kernels::Buffer> logit_memory();

 private:
  std::shared_ptr<PackedWeights> weights_;
  GradientQueue* queue_ = nullptr;  // null without a queue
  std::size_t shard_ = 0;
  std::shared_ptr<kernels::Buffer> logit_memory_;
};

/// The tensor that the gradient of a parameter is added to: the gradient of a leaf that has one,
/// else a new tensor of zeros.
class WeightGradient {
 public:
  explicit WeightGradient(const at::Tensor& weight);
  const at::Tensor& sum() const { return sum_; }
  /// Returns the gradient for a backward function to return, or an undefined tensor if the leaf has
  /// received it in place.
  at::Tensor result() const { return in_place_ ? at::Tensor() : sum_; }

 private:
  bool in_place_;
  at::Tensor sum_;
};

/// Calls matrices.add_gradient() for a tensor `gradient` [a.units(), b.units()].
void add_product(const ShardMatrices& matrices, const kernels::PackedRows& a,
                 const kernels::PackedRows& b, const at::Tensor& gradient);

/// Computes sums [units] += Σ_r matrix_r. `sums` must be contiguous.
void add_column_sums(const at::Tensor& matrix, const at::Tensor& sums);

/// Converts a size or an index of a tensor, which must not be negative.
inline std::size_t to_size(std::int64_t value) { return static_cast<std::size_t>(value); }

/// Returns all values of a contiguous tensor.
std::span<float> span_of(const at::Tensor& tensor);
/// Returns the rows of a matrix whose columns are adjacent in memory.
kernels::Rows rows_of(const at::Tensor& matrix);
/// Returns the rows [batch, units] of step t of a contiguous sequence [time, batch, units].
kernels::Rows rows_at(const at::Tensor& sequence, std::int64_t t);

}  // namespace attend::fused
