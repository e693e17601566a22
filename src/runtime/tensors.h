// Tensors of a model as the runtime uses them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kernels/kernels.h"
#include "model/model.h"

namespace attend::runtime {

/// Finds tensors under a prefix such as "decoder.0". What it returns refers to the weights.
class Tensors {
 public:
  Tensors(const model::Weights& weights, std::string prefix)
      : weights_(weights), prefix_(std::move(prefix)) {}

  /// The values of prefix.name; none when there is no such tensor.
  std::span<const float> values(const std::string& name) const;
  /// The matrix prefix.name, packed.
  kernels::Matrix matrix(const std::string& name) const;
  /// Rows [first, first + count) of it.
  kernels::Matrix matrix(const std::string& name, std::size_t first, std::size_t count) const;

 private:
  const model::TensorView& get(const std::string& name) const;

  const model::Weights& weights_;
  std::string prefix_;
};

/// A matrix with a bias: W x + b.
struct Linear {
  kernels::Matrix weight;       // [outputs, inputs]
  std::span<const float> bias;  // [outputs]
  /// y [rows, outputs] of x [rows, inputs].
  void operator()(std::span<const float> x, std::size_t rows, std::span<float> y) const {
    weight.multiply(x, rows, bias, y);
  }
};

/// Row `index` of a table of rows of `width` values.
template <typename T>
std::span<T> row_of(std::span<T> table, std::size_t index, std::size_t width) {
  return table.subspan(index * width, width);
}

void copy(std::span<const float> from, std::span<float> to);

}  // namespace attend::runtime
