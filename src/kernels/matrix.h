// A matrix of weights that rows are multiplied with: y = W x + b for many x.
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

/// Where a weight matrix [outputs, inputs] stands: row o begins at values + o · stride. `scales`
/// [outputs], where the rows are whole numbers −127 … 127 times a scale, else empty.
struct WeightView {
  const float* values = nullptr;
  std::size_t outputs = 0;
  std::size_t inputs = 0;
  std::size_t stride = 0;
  std::span<const float> scales = {};
};

/// A weight matrix W [outputs, inputs], copied and packed for the way it is multiplied. Immutable
/// and safe to use from several threads. A row's result depends on nothing but the row: neither on
/// the rows beside it nor on the thread.
class Matrix {
 public:
  Matrix() = default;  ///< 0 × 0
  /// `values` is row-major [outputs, inputs].
  Matrix(std::span<const float> values, std::size_t outputs, std::size_t inputs);
  /// Packs W in `precision`. kBfloat16 rounds W and x and sums in float32; kInt8 rounds W
  /// (exactly where the view has scales) and every x to 8 bits, x by its own largest magnitude, and
  /// sums whole numbers. CheckFailure where int8 products of so many inputs could overflow.
  Matrix(const WeightView& weights, Precision precision);

  /// y_r = W x_r + bias for every row r: x [rows, inputs], y [rows, outputs], bias [outputs] or
  /// empty. x and y may not overlap. `order` matters to one row of float32 weights.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y, ReadOrder order = ReadOrder::kForward) const;

  /// Outputs that stand together: panel p is [p · panel_width(), (p + 1) · panel_width()), or what
  /// there is of it.
  std::size_t panel_width() const;
  /// y_o of one row for the outputs o of one panel, as multiply() computes them; y [outputs], the
  /// rest of which stays as it is.
  void multiply_panel(std::span<const float> x, std::size_t panel, std::span<const float> bias,
                      std::span<float> y) const;

  /// The matrix of some of its outputs, in this order; ids lie in [0, outputs()).
  Matrix select(std::span<const std::int32_t> ids) const;

  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  /// Memory that a product of one row reads for the weights, without padding.
  std::size_t bytes() const;

 private:
  std::size_t outputs_ = 0, inputs_ = 0;
  std::variant<std::monostate, Float32Product, Bfloat16Product, Int8Product> product_;
};

}  // namespace attend::kernels
