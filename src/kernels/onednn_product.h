// The matrix product by oneDNN: what the products of this folder are held against in speed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace attend::kernels {

/// W [outputs, inputs]; code and packed weights are made at first use. Safe to use from several
/// threads; computes in the calling one. Error when oneDNN fails.
class OneDnnProduct {
 public:
  OneDnnProduct(std::span<const float> values, std::size_t outputs, std::size_t inputs);
  ~OneDnnProduct();
  /// As Matrix::multiply.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace attend::kernels
