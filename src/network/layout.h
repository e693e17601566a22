// Keeps all parameters of a model in one flat buffer. Clipping, optimisers and checkpoints can then
// work on whole buffers. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model.h"
#include "network/tensors.h"

namespace attend::network {

/// Consecutive whole rows of one parameter in a flat buffer. Their number is a multiple of 32,
/// except in the last block of a parameter. A block is small enough for a cache, unless 32 rows are
/// already too large.
struct RowBlock {
  /// `first` is the offset of the first value. A vector has one column.
  std::size_t first, rows, columns;
  std::size_t count() const { return rows * columns; }
};

/// The places of a model's parameters in a flat buffer. Parameters follow each other in the order
/// of the table. Each begins at the boundary of a cache line, so that its rows do not touch more
/// cache lines than necessary. The gaps between parameters never influence a result. A layout is
/// immutable.
class Layout {
 public:
  explicit Layout(std::vector<model::TensorSpec> table);
  const std::vector<model::TensorSpec>& table() const { return table_; }
  /// The first value of each parameter in a flat buffer, in the order of the table.
  const std::vector<std::int64_t>& offsets() const { return offsets_; }
  /// The number of values in a flat buffer, gaps included.
  std::int64_t size() const { return size_; }
  /// The number of values in all parameters, without gaps.
  std::int64_t parameters() const { return parameters_; }
  /// The blocks of all parameters that are not named in `left_out`, in the order of the table.
  std::vector<RowBlock> row_blocks(const std::vector<std::string>& left_out = {}) const;
  /// Views of all parameters in a flat buffer [size], by name.
  Tensors views(const Tensor& flat) const;
  /// Fills the flat float32 buffer `flat` [size] on the CPU from the saved buffer of another run.
  /// `values` holds [size] values, or [parameters] values without gaps as earlier versions wrote
  /// them; the gaps of `flat` then keep what they hold. Returns false for any other number of
  /// values.
  bool read(std::span<const float> values, const Tensor& flat) const;
  /// The largest magnitude of all parameters in a flat buffer; NaN when one of them is NaN. Gaps
  /// are not looked at.
  double largest(const Tensor& flat) const;

 private:
  std::vector<model::TensorSpec> table_;
  std::vector<std::int64_t> offsets_;
  std::int64_t size_ = 0, parameters_ = 0;
};

/// Draws the initial parameters as a flat buffer [size] on the CPU. Parameter k is drawn from
/// Random::stream(seed, k), so that its values do not depend on the sizes of the others.
Tensor initial_values(const Layout& layout, std::uint64_t seed, at::ScalarType type);

/// The parameters as leaf tensors of autograd, and a flat buffer that receives their gradients. The
/// leaves share the memory of `values`; an optimiser that changes `values` in place changes them.
/// Leaves named in `frozen` require no gradient, and their part of the buffer stays zero.
struct Leaves {
  Leaves(const Layout& layout, const Tensor& values, const std::vector<std::string>& frozen = {});
  Tensor gradient;  // [size]: zero at first; a backward pass adds to it
  Tensors tensors;  // views of `values`; the gradient of each is a view of `gradient`
};

/// Copies the parameters of a flat buffer to float32 weights, which a model folder can hold.
model::Weights make_weights(const Layout& layout, const Tensor& values, model::Metadata metadata);
/// Copies weights into a new flat buffer [size] of `type` on the CPU. ModelError when names or
/// shapes differ from the parameter table.
Tensor flat_values(const Layout& layout, const model::Weights& weights, at::ScalarType type);

}  // namespace attend::network
