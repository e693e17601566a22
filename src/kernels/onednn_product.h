// Matrix products of training by oneDNN. Internal to this folder.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/buffer.h"
#include "kernels/onednn_matmul.h"
#include "kernels/packed_rows.h"
#include "kernels/training_matrix.h"

namespace attend::kernels {

/// Whether factors of this precision are multiplied as float32 values, rounded where they are
/// bfloat16: oneDNN has no code for bfloat16 on this processor, by units for it or by others.
bool multiplies_as_float32(Precision precision);
/// Bytes of such a factor.
std::size_t value_size(Precision precision);

/// W [outputs, inputs] as oneDNN's weights. All functions throw Error when oneDNN fails.
class OnednnProduct {
 public:
  /// Packs nothing yet.
  OnednnProduct(const PrimitiveCache& primitives, Precision precision, RowsPerProduct rows,
                const float* values, std::size_t outputs, std::size_t inputs,
                WeightStrides strides);

  /// As TrainingMatrix.
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
  std::size_t factors_;  // inputs, filled up
  const float* given_;
  const float* values_;  // given_ or rounded_
  Buffer rounded_;
  std::optional<dnnl::memory> packed_;
};

/// gradient [a.units, b.units] ← or += Σ_r a_r b_rᵀ over one row or more.
void onednn_gradient(const PrimitiveCache& primitives, const PackedRows& a, const PackedRows& b,
                     Rows gradient, Write write);

}  // namespace attend::kernels
