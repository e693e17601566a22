// Tensors by their names in the parameter table, and the groups of them that cells use. Needs
// libtorch.
//
// Sequences are time-major, [time, batch, units]; what attention reads is [batch, source_length,
// units].
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/model.h"

namespace attend::network {

using at::Tensor;

/// Parameters by the names of model/parameters.h.
using Tensors = std::unordered_map<std::string, Tensor>;

/// The tensor of this name, or an undefined tensor when there is none.
Tensor find_tensor(const Tensors& tensors, const std::string& name);

/// The state of a cell: h, and c of an LSTM (undefined for a GRU).
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

/// The tensors of one cell as the parameter table names them; undefined where the table has none.
struct CellTensors {
  Tensor input_weight;      // [G n, in]
  Tensor recurrent_weight;  // [G n, n]
  Tensor bias;              // [G n]
  Tensor recurrent_bias;    // [n]
  Tensor input_gain;        // [G n]
  Tensor recurrent_gain;    // [G n]

  /// The tensors whose names begin with `prefix` and a dot.
  static CellTensors find(const Tensors& tensors, const std::string& prefix);
  /// The cells of D directions under a new first dimension, ready for Recurrence; vectors become
  /// [D, 1, …].
  static CellTensors stack(const std::vector<CellTensors>& directions);
};

}  // namespace attend::network
