// Equation: Y = X Wᵀ + 1 bᵀ. Layout: X [rows, inputs], W [outputs, inputs], Y [rows, outputs]. Must
// equal: the triple loop in double. The products of each precision compute it.
#include "kernels/matrix.h"

#include <type_traits>

namespace attend::kernels {

namespace {

WeightView make_view(std::span<const float> values, std::size_t outputs, std::size_t inputs) {
  ATTEND_CHECK_EQ(values.size(), outputs * inputs);
  return {values.data(), outputs, inputs, inputs};
}

}  // namespace

Matrix::Matrix(std::span<const float> values, std::size_t outputs, std::size_t inputs)
    : Matrix(make_view(values, outputs, inputs), Precision::kFloat32) {}

Matrix::Matrix(const WeightView& weights, Precision precision)
    : outputs_(weights.outputs), inputs_(weights.inputs) {
  switch (precision) {
    case Precision::kFloat32:
      product_.emplace<Float32Product>(weights.values, outputs_, inputs_,
                                       WeightStrides{weights.stride, 1});
      break;
    case Precision::kBfloat16:
      product_.emplace<Bfloat16Product>(weights);
      break;
    case Precision::kInt8:
      product_.emplace<Int8Product>(weights);
      break;
  }
}

Matrix Matrix::select(std::span<const std::int32_t> ids) const {
  for (const std::int32_t id : ids) {
    ATTEND_CHECK(id >= 0 && static_cast<std::size_t>(id) < outputs_);
  }
  Matrix result;
  result.outputs_ = ids.size();
  result.inputs_ = inputs_;
  std::visit(
      [&](const auto& product) {
        using Product = std::decay_t<decltype(product)>;
        if constexpr (!std::is_same_v<Product, std::monostate>) {
          result.product_.emplace<Product>(product.select(ids));
        }
      },
      product_);
  return result;
}

std::size_t Matrix::bytes() const {
  const std::size_t size = outputs_ * inputs_;
  if (std::holds_alternative<Int8Product>(product_)) return size;
  return std::holds_alternative<Bfloat16Product>(product_) ? 2 * size : sizeof(float) * size;
}

std::size_t Matrix::panel_width() const {
  return std::visit(
      [](const auto& product) -> std::size_t {
        if constexpr (std::is_same_v<std::decay_t<decltype(product)>, std::monostate>) {
          return 1;
        } else {
          return product.panel_width();
        }
      },
      product_);
}

void Matrix::multiply_panel(std::span<const float> x, std::size_t panel,
                            std::span<const float> bias, std::span<float> y) const {
  ATTEND_CHECK_EQ(x.size(), inputs_);
  ATTEND_CHECK_EQ(y.size(), outputs_);
  ATTEND_CHECK(bias.empty() || bias.size() == outputs_);
  ATTEND_CHECK(panel * panel_width() < outputs_);
  std::visit(
      [&](const auto& product) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(product)>, std::monostate>) {
          product.multiply_panel(x, panel, bias, y);
        }
      },
      product_);
}

void Matrix::multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                      std::span<float> y, ReadOrder order) const {
  ATTEND_CHECK_EQ(x.size(), rows * inputs_);
  ATTEND_CHECK_EQ(y.size(), rows * outputs_);
  ATTEND_CHECK(bias.empty() || bias.size() == outputs_);
  if (y.empty()) return;
  std::visit(
      [&](const auto& product) {
        using Product = std::decay_t<decltype(product)>;
        if constexpr (std::is_same_v<Product, Float32Product>) {
          product.multiply(x, rows, bias, y, order);
        } else if constexpr (!std::is_same_v<Product, std::monostate>) {
          product.multiply(x, rows, bias, y);
        }
      },
      product_);
}

}  // namespace attend::kernels
