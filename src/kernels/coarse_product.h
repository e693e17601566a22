// The matrix product with a coarse copy of the weights: an approximate result from fewer bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/base.h"

namespace attend::kernels {

struct WeightView;

/// The weights that CoarseProduct packed in 16 or 8 bits. Internal to this folder.
struct CoarseOperands {
  const void* panels;   // integers [⌈outputs / width⌉, inputs, width]
  const float* scales;  // [outputs, padded with 0 to panels]
  const float* bias;    // [outputs] or null
  std::size_t outputs, inputs;
};

/// W [outputs, inputs] as integers times a scale for every output, in half the bits of the exact
/// product: 16 for float32, 8 for bfloat16, 4 for int8. Immutable and safe to use from several
/// threads.
class CoarseProduct {
 public:
  CoarseProduct() = default;  ///< empty()
  /// A copy of weights whose exact products are computed in `precision`. It stays empty() for
  /// weights that are not finite, for more than 65,536 inputs and, with int8, where Int8Way::kVnni
  /// is not supported.
  CoarseProduct(const WeightView& weights, Precision precision);

  bool empty() const { return outputs_ == 0; }
  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }

  /// y_r ≈ W x_r + bias; arguments as in Matrix::multiply. A row's result depends on that row
  /// alone.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;
  /// The error bound of multiply() against the y_o of Matrix::multiply, for the same weights in the
  /// same precision: norm(x) · errors()[o] + rounding() · |y_o| + smallest(). With float32 and
  /// bfloat16 the error never exceeds this bound as long as y_o is finite. With int8 the bound is
  /// six standard deviations of the error, under the assumption that the rounding errors of the
  /// weights do not depend on x; it may be exceeded.
  std::span<const float> errors() const { return errors_; }  // [outputs, padded to panels]
  /// Returns a little more than the Euclidean norm of x; not finite where x is not.
  float norm(std::span<const float> x) const;
  float rounding() const { return rounding_; }
  float smallest() const;
  /// The standard deviation of the error of an output of multiply(), divided by norm(x); the mean
  /// over all outputs.
  float deviation() const { return deviation_; }
  /// The standard deviation of the error of ln Σ_k exp y_k that rank_log_softmax() aims at. It is
  /// about as large as the error that the precision itself causes.
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
  std::size_t depth_ = 0;                      // padded inputs, a multiple of 8; only with 4 bits
  Precision precision_ = Precision::kFloat32;  // precision of the exact products
  float rounding_ = 0.0F, deviation_ = 0.0F;
  std::unique_ptr<std::byte[], Free> panels_;
  std::vector<float> scales_, errors_;  // [outputs, padded with 0 to panels]
  std::vector<float> middles_;          // as scales_: m_o (int8_x86.h), only with 4 bits
};

}  // namespace attend::kernels
