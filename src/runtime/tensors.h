// Finds a model's tensors by name and packs its matrices for the runtime.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kernels/kernels.h"
#include "model/model.h"

namespace attend::runtime {

/// A block of rows and columns of a matrix.
struct Block {
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);
  std::size_t first_row = 0, rows = kAll;
  std::size_t first_column = 0, columns = kAll;
};

/// Finds tensors under a prefix such as "decoder.0". The results refer to the weights, which must
/// outlive them. ModelError for a tensor that does not exist, except in values().
class Tensors {
 public:
  /// Packs matrices in `precision`.
  Tensors(const model::Weights& weights, std::string prefix, Precision precision)
      : weights_(weights), prefix_(std::move(prefix)), precision_(precision) {}

  /// Returns the tensors under another prefix, which replaces this one.
  Tensors under(std::string prefix) const { return {weights_, std::move(prefix), precision_}; }
  /// Returns the values of prefix.name, or an empty span when there is no such tensor.
  std::span<const float> values(const std::string& name) const;
  /// Packs the matrix prefix.name, or a block of it.
  kernels::Matrix matrix(const std::string& name, const Block& block = {}) const;
  /// Makes a coarse copy of the matrix prefix.name.
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

/// The largest number of values of a table that holds a product for every word of a vocabulary.
inline constexpr std::size_t kLargestTable = std::size_t{1} << 22;

/// Returns row `index` of a table whose rows have `width` values.
template <typename T>
std::span<T> row_of(std::span<T> table, std::size_t index, std::size_t width) {
  return table.subspan(index * width, width);
}

/// Copies `from` to `to`, which must have equally many values.
void copy(std::span<const float> from, std::span<float> to);

}  // namespace attend::runtime
