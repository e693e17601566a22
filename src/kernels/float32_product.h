// The matrix product of packed float32 weights. Unlike oneDNN it generates no code at run time, and
// it needs little set-up. Matrix (matrix.h) uses it for prediction; TrainingMatrix uses it for
// small weights, which change with every update.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/buffer.h"
#include "kernels/rows.h"

namespace attend::kernels {

/// Distances between neighbouring outputs and inputs of a weight matrix, in values: {inputs, 1} for
/// W [outputs, inputs], {1, outputs} for a matrix that is stored transposed.
struct WeightStrides {
  std::size_t output;
  std::size_t input;
};

/// The order in which a product reads its weights; it does not change the result. When products
/// alternate between forward and backward, weights slightly too large for a cache are still partly
/// in it.
enum class ReadOrder { kForward, kBackward };

/// W [outputs, inputs] cut into panels of as many outputs as two vectors hold. Copies the values.
/// Immutable and safe to use from several threads. x and y may not overlap.
class Float32Product {
 public:
  Float32Product(std::span<const float> values, std::size_t outputs, std::size_t inputs);
  Float32Product(const float* values, std::size_t outputs, std::size_t inputs,
                 WeightStrides strides);
  /// See Matrix::multiply.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y, ReadOrder order = ReadOrder::kForward) const;
  /// y_r = W x_r + bias; `bias` [outputs] or null.
  void multiply(ConstRows x, std::size_t rows, const float* bias, Rows y,
                ReadOrder order = ReadOrder::kForward) const;
  /// y_r += W x_r.
  void multiply_add(ConstRows x, std::size_t rows, Rows y) const;
  /// See Matrix::panel_width and Matrix::multiply_panel.
  std::size_t panel_width() const { return width_; }
  void multiply_panel(std::span<const float> x, std::size_t panel, std::span<const float> bias,
                      std::span<float> y) const;
  /// See Matrix::select.
  Float32Product select(std::span<const std::int32_t> ids) const;

 private:
  Float32Product() = default;

  std::size_t outputs_ = 0, inputs_ = 0;
  std::size_t width_ = 0;  // outputs of a panel
  Buffer memory_;
  std::span<const float> panels_;  // [⌈outputs / width⌉, inputs, width], 0 after the outputs
};

}  // namespace attend::kernels
