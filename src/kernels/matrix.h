// A matrix of weights that rows are multiplied with: y = W x + b for many x.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace attend::kernels {

/// A weight matrix W [outputs, inputs], packed for the way it is multiplied: small ones into panels
/// for the kernel of this folder, which is ready at once; from kOneDnnWeights values on by oneDNN,
/// whose code is made and whose weights are packed when they are first used. Immutable and safe to
/// use from several threads.
class Matrix {
 public:
  static constexpr std::size_t kOneDnnWeights = std::size_t{1} << 18;

  Matrix();  ///< 0 × 0
  /// `values` is row-major [outputs, inputs] and must outlive the matrix.
  Matrix(std::span<const float> values, std::size_t outputs, std::size_t inputs);
  ~Matrix();
  Matrix(Matrix&&) noexcept;
  Matrix& operator=(Matrix&&) noexcept;

  /// y_r = W x_r + bias for every row r: x [rows, inputs], y [rows, outputs], bias [outputs] or
  /// empty. x and y may not overlap.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;

  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }

 private:
  std::size_t outputs_ = 0, inputs_ = 0;
  std::unique_ptr<const class PanelProduct> small_;
  std::unique_ptr<const class OneDnnProduct> large_;
};

}  // namespace attend::kernels
