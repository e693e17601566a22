// A sequence whose steps products multiply, one after the other and then all together. Internal to
// this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>

#include "fused/packed_weights.h"
#include "kernels/kernels.h"

namespace attend::fused {

/// Factors of products, [time, batch, units]. Each step is rounded once, as soon as it is there and
/// while it is near, for its own products and for the gradients of weights over all steps. Copies
/// share their values.
class PackedSteps {
 public:
  /// Of values that are yet to be computed; those of a row stand together.
  PackedSteps(const ShardMatrices& matrices, const at::Tensor& values);

  const at::Tensor& values() const { return values_; }
  kernels::Rows rows(std::int64_t t) const { return rows_.from(to_size(t) * batch_); }
  /// All rows of step t are there.
  void pack(std::int64_t t) { packed_.pack(to_size(t) * batch_, batch_); }
  /// Step t ← states ⊙ mask, two matrices [batch, units].
  void pack_masked(std::int64_t t, kernels::ConstRows states, kernels::ConstRows mask);

  /// Of what was taken: the first `count` rows of step t, or all.
  kernels::PackedRows step(std::int64_t t, std::size_t count) const;
  kernels::PackedRows step(std::int64_t t) const { return step(t, batch_); }
  /// All rows of steps [first, first + count).
  kernels::PackedRows steps(std::int64_t first, std::int64_t count) const;

 private:
  at::Tensor values_;
  std::size_t batch_;
  kernels::Rows rows_;
  kernels::PackedRows packed_;
};

}  // namespace attend::fused
