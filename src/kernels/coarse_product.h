// The matrix product of a coarse copy of weights: roughly the result, from fewer bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/base.h"

namespace attend::kernels {

struct WeightView;

/// What CoarseProduct packed in 16 or 8 bits. Internal to this folder.
struct CoarseOperands {
  const void* panels;   // whole numbers [⌈outputs / width⌉, inputs, width]
  const float* scales;  // [outputs, padded with 0 to panels]
  const float* bias;    // [outputs] or null
  std::size_t outputs, inputs;
};

/// W [outputs, inputs] as whole numbers times a scale for every output, in half the bits of the
/// products that it stands beside: 16 beside float32, 8 beside bfloat16, 4 beside int8. Immutable
/// and safe to use from several threads.
class CoarseProduct {
 public:
  CoarseProduct() = default;  ///< none
  /// A copy for products in `precision`. None (empty()) of weights that are not finite, of more
  /// than 65,536 inputs and, for int8, where Int8Way::kVnni is not supported.
  CoarseProduct(const WeightView& weights, Precision precision);

  bool empty() const { return outputs_ == 0; }
  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }

  /// y_r ≈ W x_r + bias: as Matrix::multiply, a row's result depends on nothing but the row.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;
  /// How far multiply() may be from the y_o that Matrix::multiply gives for the same weights in the
  /// same precision: norm(x) · errors()[o] + rounding() · |y_o| + smallest(), which nothing exceeds
  /// beside float32 and bfloat16 as long as y_o is finite. Beside int8 it is six standard
  /// deviations, what rounding left of the weights taken for independent of x.
  std::span<const float> errors() const { return errors_; }  // [outputs, padded to panels]
  float norm(std::span<const float> x) const;                // infinite or NaN where x is
  float rounding() const { return rounding_; }
  float smallest() const;
  /// Standard deviation of the errors of the outputs, to norm(x); of the error of a logarithm of
  /// sums no more than tolerance() is wanted, about what the precision itself costs.
  float deviation() const { return deviation_; }
  float tolerance() const;

 private:
  struct Free {
    void operator()(std::byte* values) const;
  };

  template <class Whole>
  bool pack(const WeightView& weights);
  template <class Whole>
  bool pack_row(std::span<const float> row, Whole* to, std::size_t output);
  bool pack_int4(const WeightView& weights);
  void multiply_int4(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                     std::span<float> y) const;

  std::size_t outputs_ = 0, inputs_ = 0;
  std::size_t width_ = 0;                      // outputs of a panel
  std::size_t depth_ = 0;                      // inputs and padding of 4 bits: a multiple of 8
  Precision precision_ = Precision::kFloat32;  // of the products that it stands beside
  float rounding_ = 0.0F, deviation_ = 0.0F;
  std::unique_ptr<std::byte[], Free> panels_;
  std::vector<float> scales_, errors_;  // [outputs, padded with 0 to panels]
  std::vector<float> middles_;          // of 4 bits, likewise
};

}  // namespace attend::kernels
