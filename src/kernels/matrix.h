// A weight matrix to multiply many rows with: y = W x + b.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "base/base.h"
#include "kernels/bfloat16_product.h"
#include "kernels/float32_product.h"
#include "kernels/int8_product.h"

namespace attend::kernels {

/// The values of a weight matrix [outputs, inputs]: row o begins at values + o · stride. If the
/// rows are integers −127 … 127 times a scale, `scales` [outputs] holds the scales; otherwise it is
/// empty.
struct WeightView {
  const float* values = nullptr;
  std::size_t outputs = 0;
  std::size_t inputs = 0;
  std::size_t stride = 0;
  std::span<const float> scales = {};
};

/// A weight matrix W [outputs, inputs], copied and packed for fast products. Immutable and safe to
/// use from several threads. A row's result depends on that row alone: neither on the other rows
/// nor on the thread.
class Matrix {
 public:
  Matrix() = default;  ///< 0 × 0
  /// `values` is row-major [outputs, inputs].
  Matrix(std::span<const float> values, std::size_t outputs, std::size_t inputs);
  /// Packs W in `precision`. kBfloat16 rounds W and x and sums in float32. kInt8 rounds W (exactly
  /// where the view has scales) and every x to 8 bits, x by its own largest magnitude, and sums
  /// integers. CheckFailure when a kInt8 matrix has more than Int8Product::kLargestInputs inputs,
  /// because a sum could overflow.
  Matrix(const WeightView& weights, Precision precision);

  /// y_r = W x_r + bias for every row r: x [rows, inputs], y [rows, outputs], bias [outputs] or
  /// empty. x and y may not overlap. `order` only affects the speed of one row with float32
  /// weights.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y, ReadOrder order = ReadOrder::kForward) const;

  /// Number of outputs in a panel: panel p holds outputs [p · panel_width(), (p + 1) ·
  /// panel_width()), or those of them that exist.
  std::size_t panel_width() const;
  /// Computes y_o of one row x [inputs] for the outputs o of one panel, with the bits that
  /// multiply() gives; the rest of y [outputs] is unchanged.
  void multiply_panel(std::span<const float> x, std::size_t panel, std::span<const float> bias,
                      std::span<float> y) const;

  /// Returns the matrix of the outputs `ids`, in their order; ids lie in [0, outputs()), else
  /// CheckFailure.
  Matrix select(std::span<const std::int32_t> ids) const;

  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  /// Bytes of weights that a product of one row reads, without padding.
  std::size_t bytes() const;

 private:
  std::size_t outputs_ = 0, inputs_ = 0;
  std::variant<std::monostate, Float32Product, Bfloat16Product, Int8Product> product_;
};

}  // namespace attend::kernels
