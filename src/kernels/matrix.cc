// Equation: Y = X Wᵀ + 1 bᵀ. Layout: X [rows, inputs], W [outputs, inputs], Y [rows, outputs].
// Must equal: the triple loop in double (panel_product.cc and onednn_product.cc compute it).
#include "kernels/matrix.h"

#include "base/base.h"
#include "kernels/onednn_product.h"
#include "kernels/panel_product.h"

namespace attend::kernels {

Matrix::Matrix() = default;
Matrix::~Matrix() = default;
Matrix::Matrix(Matrix&&) noexcept = default;
Matrix& Matrix::operator=(Matrix&&) noexcept = default;

Matrix::Matrix(std::span<const float> values, std::size_t outputs, std::size_t inputs)
    : outputs_(outputs), inputs_(inputs) {
  ATTEND_CHECK_EQ(values.size(), outputs * inputs);
  if (values.size() >= kOneDnnWeights) {
    large_ = std::make_unique<const OneDnnProduct>(values, outputs, inputs);
  } else {
    small_ = std::make_unique<const PanelProduct>(values, outputs, inputs);
  }
}

void Matrix::multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                      std::span<float> y) const {
  ATTEND_CHECK_EQ(x.size(), rows * inputs_);
  ATTEND_CHECK_EQ(y.size(), rows * outputs_);
  ATTEND_CHECK(bias.empty() || bias.size() == outputs_);
  if (y.empty()) return;
  if (large_) {
    large_->multiply(x, rows, bias, y);
  } else {
    small_->multiply(x, rows, bias, y);
  }
}

}  // namespace attend::kernels
