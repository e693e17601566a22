// Tensors of a model as the runtime uses them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kernels/kernels.h"
#include "model/model.h"

namespace attend::runtime {

/// Some rows and columns of a matrix.
struct Block {
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);
  std::size_t first_row = 0, rows = kAll;
  std::size_t first_column = 0, columns = kAll;
};

/// Finds tensors under a prefix such as "decoder.0". What it returns refers to the weights.
class Tensors {
 public:
  /// Matrices are packed in `precision`.
  Tensors(const model::Weights& weights, std::string prefix, Precision precision)
      : weights_(weights), prefix_(std::move(prefix)), precision_(precision) {}

  /// Tensors under another prefix.
  Tensors under(std::string prefix) const { return {weights_, std::move(prefix), precision_}; }
  /// The values of prefix.name; none when there is no such tensor.
  std::span<const float> values(const std::string& name) const;
  /// The matrix prefix.name, or a block of it, packed.
  kernels::Matrix matrix(const std::string& name, const Block& block = {}) const;
  /// A coarse copy of the matrix prefix.name.
  kernels::CoarseProduct coarse(const std::string& name) const;
  std::size_t rows(const std::string& name) const;
  std::size_t columns(const std::string& name) const;

 private:
  kernels::WeightView view(const std::string& name, const Block& block) const;
  const model::TensorView& get(const std::string& name) const;

  const model::Weights& weights_;
  std::string prefix_;
  Precision precision_;
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

/// Tables of a product for every word of a vocabulary are made at once up to this many values.
inline constexpr std::size_t kLargestTable = std::size_t{1} << 22;

/// Row `index` of a table of rows of `width` values.
template <typename T>
std::span<T> row_of(std::span<T> table, std::size_t index, std::size_t width) {
  return table.subspan(index * width, width);
}

void copy(std::span<const float> from, std::span<float> to);

}  // namespace attend::runtime
