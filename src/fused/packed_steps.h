// A sequence whose steps are factors of products, first one by one and then all together. Internal
// to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>

#include "fused/packed_weights.h"
#include "kernels/kernels.h"

namespace attend::fused {

/// Factors of products [time, batch, units]. Each step is packed once, as soon as its values are
/// known and while they are in a cache. The products of the step and the weight gradients over all
/// steps read the packed rows. Copies of this object share their values.
class PackedSteps {
 public:
  /// Takes `values` [time, batch, units] that are still to be computed. The values of a row must be
  /// adjacent in memory.
  PackedSteps(const ShardMatrices& matrices, const at::Tensor& values);

  const at::Tensor& values() const { return values_; }
  kernels::Rows rows(std::int64_t t) const { return rows_.from(to_size(t) * batch_); }
  /// Packs step t. Call it once all rows of the step are known.
  void pack(std::int64_t t) { packed_.pack(to_size(t) * batch_, batch_); }
  /// Sets step t to states ⊙ mask, two matrices [batch, units], and packs it.
  void pack_masked(std::int64_t t, kernels::ConstRows states, kernels::ConstRows mask);

  /// Returns the packed rows of the first `count` sentences in step t, or of all. The step must
  /// have been packed.
  kernels::PackedRows step(std::int64_t t, std::size_t count) const;
  kernels::PackedRows step(std::int64_t t) const { return step(t, batch_); }
  /// Returns the packed rows of steps [first, first + count), which must have been packed.
  kernels::PackedRows steps(std::int64_t first, std::int64_t count) const;

 private:
  at::Tensor values_;
  std::size_t batch_;
  kernels::Rows rows_;
  kernels::PackedRows packed_;
};

}  // namespace attend::fused
