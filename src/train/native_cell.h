// One step of a GRU or an LSTM over the kernels, forward and backward: what the fused functions of
// encoder and decoder share. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "model/model.h"
#include "train/layers.h"
#include "train/products.h"

namespace attend::train {

/// A cell as the fused functions see it.
struct CellShape {
  model::CellConfig config;
  std::int64_t units = 0;  ///< n
  std::int64_t gate_units() const { return config.gate_count() * units; }
  bool lstm() const { return config.type == model::Cell::kLstm; }
  bool resets_before() const { return config.reset == model::GruReset::kBefore; }
};

/// What one step reads and writes; `rows` sentences.
struct CellStep {
  std::size_t rows = 0;
  kernels::Rows gates;               // [rows, G n]: W x + b on the way in, gates afterwards
  kernels::ConstRows previous;       // [rows, n]: h_{t-1}
  kernels::ConstRows previous_cell;  // [rows, n]: c_{t-1} (LSTM)
  kernels::Rows state;               // [rows, n]: h_t
  kernels::Rows cell;                // [rows, n]: c_t (LSTM)
  kernels::Rows reset;               // [rows, n]: r ⊙ h_{t-1}, or U_c h_{t-1} + b (GRU)
};

/// h_t from h_{t-1}.
class ForwardCell {
 public:
  /// `cell`: all but its input weights. `mask` [rows, n]: dropout of h_{t-1} in the recurrent
  /// products, or undefined.
  ForwardCell(Products& products, const CellShape& shape, const CellTensors& cell,
              const at::Tensor& mask);
  void step(const CellStep& step);

 private:
  CellShape shape_;
  at::Tensor bias_;  // [n] of a GRU that resets after the product
  at::Tensor mask_;
  const kernels::TrainingProduct& gates_;      // of all gates, or of z and r
  const kernels::TrainingProduct* candidate_;  // of a GRU
  std::vector<float> dropped_;                 // [rows, n], with a mask
};

/// Gradients of one step. `step` is what the forward step left; its gates become gradients of what
/// was summed, its `reset` the gradient of U_c h_{t-1} + b where the reset comes after.
class BackwardCell {
 public:
  BackwardCell(Products& products, const CellShape& shape, const CellTensors& cell,
               const at::Tensor& mask, std::int64_t rows);
  /// `d_state` is the gradient of h_t from above; `carry` that from later steps, which becomes the
  /// gradient of h_{t-1}; `cell_carry` the same of c.
  void step(const CellStep& step, kernels::ConstRows d_state, kernels::Rows carry,
            kernels::Rows cell_carry);

 private:
  void lstm(const CellStep& step, kernels::ConstRows d_state, kernels::Rows carry,
            kernels::Rows cell_carry);
  void gru(const CellStep& step, kernels::Rows d_previous);

  CellShape shape_;
  at::Tensor mask_;
  const kernels::TrainingProduct& gates_;
  const kernels::TrainingProduct* candidate_;
  std::vector<float> scratch_;    // [rows, n]
  std::vector<float> dropped_;    // [rows, n], with a mask: h_{t-1} as it was multiplied,
  std::vector<float> d_dropped_;  // and its gradient
};

/// What all steps of a cell multiplied, as the backward steps left it.
struct CellFactors {
  kernels::Operand gates;      // [rows, G n]
  const at::Tensor& reset;     // [rows, n] of a GRU, else undefined
  const at::Tensor& previous;  // [rows, n]: the states that were multiplied, with their dropout
};

/// Adds the gradient of the recurrent weights over all steps to `gradient` [G n, n].
void add_recurrent_gradient(const Products& products, const CellShape& shape,
                            const CellFactors& factors, const at::Tensor& gradient);

}  // namespace attend::train
