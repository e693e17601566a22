// Finds tensors by their names in the parameter table and groups them by cells. Needs libtorch.
//
// In this folder sequences have the shape [time, batch, units]. Only the sequences that attention
// reads have the shape [batch, source_length, units].
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/model.h"

namespace attend::network {

using at::Tensor;

/// Parameters by their names, which model/parameters.h defines.
using Tensors = std::unordered_map<std::string, Tensor>;

/// Returns the tensor of this name, or an undefined tensor when there is none.
Tensor find_tensor(const Tensors& tensors, const std::string& name);

/// The state of a cell: h, and for an LSTM also c. A GRU leaves `cell` undefined.
struct State {
  Tensor hidden;  // [(directions,) batch, n]
  Tensor cell;    // [(directions,) batch, n]
};

/// The kind of a cell and its number of units.
struct CellShape {
  model::CellConfig config;
  std::int64_t units = 0;  ///< n
  std::int64_t gate_units() const { return config.gate_count() * units; }
  bool lstm() const { return config.type == model::Cell::kLstm; }
  bool resets_before() const { return config.reset == model::GruReset::kBefore; }
};

/// The parameters of one cell, named as in the parameter table. A tensor that the table does not
/// have is undefined.
struct CellTensors {
  Tensor input_weight;      // [G n, in]
  Tensor recurrent_weight;  // [G n, n]
  Tensor bias;              // [G n]
  Tensor recurrent_bias;    // [n]
  Tensor input_gain;        // [G n]
  Tensor recurrent_gain;    // [G n]

  /// Finds the tensors whose names begin with `prefix` and a dot. A GRU that resets after the
  /// product gets both biases, wherever its configuration has them: a part that it has not is 0.
  static CellTensors find(const Tensors& tensors, const std::string& prefix,
                          const CellShape& shape);
  /// Stacks the cells of D directions along a new first dimension, as Recurrence expects them.
  /// Matrices become [D, …] and vectors [D, 1, …].
  static CellTensors stack(const std::vector<CellTensors>& directions);
};

}  // namespace attend::network
