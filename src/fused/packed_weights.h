// The matrix products of the fused functions: weights packed once an update and shared by all
// threads. Internal to this folder.
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

/// Weights as products read them. Safe to use from several threads but for refresh.
class PackedWeights {
 public:
  /// Of factors; float32 or bfloat16.
  explicit PackedWeights(Precision precision) : precision_(precision) {
    ATTEND_CHECK(precision != Precision::kInt8);
  }

  Precision precision() const { return precision_; }
  const kernels::PrimitiveCache& primitives() const { return primitives_; }

  /// y = W x of a block of weights [outputs, inputs] that lies in some parameter; packed at first
  /// use and with every refresh. The parameter must outlive this.
  const kernels::TrainingMatrix& forward(const at::Tensor& block, kernels::RowsPerProduct rows);
  /// x = Wᵀ y, which takes gradients of y to those of x.
  const kernels::TrainingMatrix& backward(const at::Tensor& block, kernels::RowsPerProduct rows);

  /// Parameters are about to change; what changes and is packed at once, the next refresh leaves.
  void begin_changes();
  /// `count` whole rows of some parameter have changed: packs them where that can be done. Several
  /// threads may call this for rows of their own; nobody may multiply meanwhile.
  void pack_rows(kernels::ConstRows rows, std::size_t count);
  /// Packs all weights again: parameters have changed. Nobody may multiply meanwhile. The workers
  /// also do task(0) … task(count − 1), which may be anything else.
  void refresh(Workers& workers, std::size_t count = 0,
               const std::function<void(std::size_t)>& task = nullptr);
  void refresh();

 private:
  using Key = std::array<std::int64_t, 6>;  // address, outputs, inputs, strides, rows
  const kernels::TrainingMatrix& get(const at::Tensor& block, bool transposed,
                                     kernels::RowsPerProduct rows);

  struct Packed {
    explicit Packed(kernels::TrainingMatrix weights) : matrix(std::move(weights)) {}
    kernels::TrainingMatrix matrix;
    std::atomic<std::size_t> done = 0;  // how many weights are packed since begin_changes()
  };

  Precision precision_;
  kernels::PrimitiveCache primitives_;
  std::mutex mutex_;  // of what follows
  std::map<Key, Packed> matrices_;
};

/// The products of one shard of a batch, or of a whole one.
class ShardMatrices {
 public:
  /// With weights of its own.
  explicit ShardMatrices(Precision precision);
  /// Leaves gradients that `queue` takes to it; multiplies others at once, or all where it is null.
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
  /// A matrix [rows, units] as a factor; float32 values must stay as they are.
  kernels::PackedRows pack(const at::Tensor& matrix) const;
  /// gradient [a.units(), b.units()] += Σ_r a_r b_rᵀ, of a block of some parameter. A parameter
  /// whose gradient gets such products gets nothing else.
  void add_gradient(const kernels::PackedRows& a, const kernels::PackedRows& b,
                    kernels::Rows gradient) const;
  /// For the gradient of one batch's logits; the same one again when nobody holds it any more.
  std::shared_ptr<kernels::Buffer> logit_memory();

 private:
  std::shared_ptr<PackedWeights> weights_;
  GradientQueue* queue_ = nullptr;  // or null
  std::size_t shard_ = 0;
  std::shared_ptr<kernels::Buffer> logit_memory_;
};

/// Where the gradient of a parameter goes: into the buffer of a leaf that has one, else into a new
/// tensor. Always added to.
class WeightGradient {
 public:
  explicit WeightGradient(const at::Tensor& weight);
  const at::Tensor& sum() const { return sum_; }
  /// What a backward function returns: nothing where the leaf has its gradient already.
  at::Tensor result() const { return in_place_ ? at::Tensor() : sum_; }

 private:
  bool in_place_;
  at::Tensor sum_;
};

/// Products::add_gradient to a tensor.
void add_product(const ShardMatrices& matrices, const kernels::PackedRows& a,
                 const kernels::PackedRows& b, const at::Tensor& gradient);

/// sums [units] += Σ_r matrix_r.
void add_column_sums(const at::Tensor& matrix, const at::Tensor& sums);

/// Of a tensor's dimension.
inline std::size_t to_size(std::int64_t value) { return static_cast<std::size_t>(value); }

/// All values of a contiguous tensor.
std::span<float> span_of(const at::Tensor& tensor);
/// Rows of a matrix whose columns stand together.
kernels::Rows rows_of(const at::Tensor& matrix);
/// Rows [batch, units] of step t of a contiguous sequence [time, batch, units].
kernels::Rows rows_at(const at::Tensor& sequence, std::int64_t t);

}  // namespace attend::fused
