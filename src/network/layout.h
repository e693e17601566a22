// All parameters of a model in one flat buffer, so that clipping, optimisers and checkpoints are
// operations on whole buffers. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"
#include "network/tensors.h"

namespace attend::network {

/// Whole rows of a parameter in a flat buffer, a multiple of 32 of them but for the last ones; few
/// enough for a cache unless 32 are too many.
struct RowBlock {
  std::size_t first, rows, columns;
  std::size_t count() const { return rows * columns; }
};

/// Where each tensor of a parameter table lies in a flat buffer: in the table's order, each from a
/// cache line's boundary on, so that no row of a product crosses one needlessly. What lies between
/// them is never read for a result.
class Layout {
 public:
  explicit Layout(std::vector<model::TensorSpec> table);
  const std::vector<model::TensorSpec>& table() const { return table_; }
  const std::vector<std::int64_t>& offsets() const { return offsets_; }  ///< of the table's tensors
  std::int64_t size() const { return size_; }                            ///< of a flat buffer
  std::int64_t parameters() const { return parameters_; }                ///< values in all tensors
  std::vector<RowBlock> row_blocks() const;  ///< of all tensors, in their order
  /// Views into a flat buffer [size], by name.
  Tensors views(const Tensor& flat) const;
  /// Fills a flat buffer [size] from one of another run: [size], or [parameters] without gaps, as
  /// earlier versions wrote them; gaps of `flat` keep what they hold. False when it is neither.
  bool read(std::span<const float> values, const Tensor& flat) const;
  /// The largest magnitude in any tensor; NaN if there is one.
  double largest(const Tensor& flat) const;

 private:
  std::vector<model::TensorSpec> table_;
  std::vector<std::int64_t> offsets_;
  std::int64_t size_ = 0, parameters_ = 0;
};

/// Initial values, on the CPU: [size]. Tensor k is drawn from Random::stream(seed, k), so that its
/// values do not depend on the other tensors' sizes.
Tensor initial_values(const Layout& layout, std::uint64_t seed, at::ScalarType type);

/// A gradient buffer and leaf tensors that accumulate into it. The leaves share the memory of
/// `values`: an optimiser that changes `values` in place changes them.
struct Leaves {
  Leaves(const Layout& layout, const Tensor& values);
  Tensor gradient;  // [size]
  Tensors tensors;  // views of `values` that require gradients, each with its view of `gradient`
};

/// float32 copies as the model folder wants them.
model::Weights make_weights(const Layout& layout, const Tensor& values, model::Metadata metadata);
/// The other direction. ModelError when they do not fit the table.
Tensor flat_values(const Layout& layout, const model::Weights& weights, at::ScalarType type);

}  // namespace attend::network
