// The matrix product of weights that change often or are small: nothing to compile, little to set
// up. Matrix (matrix.h) chooses between it and oneDNN; training, whose weights change with every
// update, uses it by itself.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/buffer.h"
#include "kernels/rows.h"

namespace attend::kernels {

/// How far apart neighbouring outputs and inputs of a weight matrix stand: {inputs, 1} for W
/// [outputs, inputs], {1, outputs} for a matrix that is stored transposed.
struct WeightStrides {
  std::size_t output;
  std::size_t input;
};

/// W [outputs, inputs] cut into panels of as many outputs as two vectors hold. Copies the values.
/// Immutable and safe to use from several threads. x and y may not overlap.
class PanelProduct {
 public:
  PanelProduct(std::span<const float> values, std::size_t outputs, std::size_t inputs);
  PanelProduct(const float* values, std::size_t outputs, std::size_t inputs, WeightStrides strides);
  /// As Matrix::multiply.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;
  /// y_r = W x_r + bias; `bias` [outputs] or null.
  void multiply(ConstRows x, std::size_t rows, const float* bias, Rows y) const;
  /// y_r += W x_r
  void multiply_add(ConstRows x, std::size_t rows, Rows y) const;

 private:
  std::size_t outputs_, inputs_;
  std::size_t width_;  // of a panel
  Buffer memory_;
  std::span<const float> panels_;  // [⌈outputs / width⌉, inputs, width], zeros behind the outputs
};

}  // namespace attend::kernels
