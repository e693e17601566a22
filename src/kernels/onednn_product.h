// Matrix products of training by oneDNN. Internal to this folder.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/buffer.h"
#include "kernels/onednn_matmul.h"
#include "kernels/packed_rows.h"
#include "kernels/training_matrix.h"

namespace attend::kernels {

/// Whether packed rows of this precision are stored as float32 values. True for float32. True for
/// bfloat16 where oneDNN has no bfloat16 code for this processor; the float32 values are then
/// rounded to bfloat16.
bool multiplies_as_float32(Precision precision);
/// Bytes of a packed value of this precision.
std::size_t value_size(Precision precision);

/// W [outputs, inputs] as oneDNN's weights. All functions throw Error when oneDNN fails. The caller
/// keeps `values` alive.
class OnednnProduct {
 public:
  /// Call pack() before the first product.
  OnednnProduct(const PrimitiveCache& primitives, Precision precision, RowsPerProduct rows,
                const float* values, std::size_t outputs, std::size_t inputs,
                WeightStrides strides);

  /// See TrainingMatrix.
  void pack();
  void multiply(const PackedRows& x, const float* bias, Rows y, Write write) const;

 private:
  void multiply_plain(const PackedRows& x, const float* bias, Rows y, Write write) const;
  void multiply_packed(const PackedRows& x, const float* bias, Rows y, Write write) const;
  void reorder();
  void round();
  const float* fill_up() const;

  PrimitiveCache::Implementation& primitives_;
  Precision precision_;
  std::size_t outputs_, inputs_;
  WeightStrides given_strides_, strides_;
  std::size_t factors_;  // inputs, padded
  const float* given_;
  const float* values_;  // given_ or rounded_
  Buffer rounded_;
  std::optional<dnnl::memory> packed_;
};

/// gradient [a.units, b.units] ← or += Σ_r a_r b_rᵀ over at least one row.
void onednn_gradient(const PrimitiveCache& primitives, const PackedRows& a, const PackedRows& b,
                     Rows gradient, Write write);

}  // namespace attend::kernels
