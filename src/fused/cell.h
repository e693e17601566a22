// One step of a GRU or an LSTM over the kernels, forward and backward. The fused encoder and the
// fused decoder share it. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "fused/packed_steps.h"
#include "fused/packed_weights.h"
#include "kernels/kernels.h"
#include "model/model.h"
#include "network/network.h"

namespace attend::fused {

using network::CellShape;
using network::CellTensors;

/// The arrays that one step reads and writes, for the first `rows` sentences of the batch. G is the
/// number of gates, n the number of units. An array that the cell does not have is null.
struct CellStep {
  std::size_t rows = 0;
  std::int64_t time = 0;             // index of the step in the tensors of all steps
  std::int64_t before = 0;           // index of h_{t-1} in the states; negative: h_{t-1} is 0
  kernels::Rows gates;               // [rows, G n]: before the step W x + b, after it the gates
  kernels::ConstRows previous;       // [rows, n]: h_{t-1}
  kernels::ConstRows previous_cell;  // [rows, n]: c_{t-1} (LSTM)
  kernels::Rows state;               // [rows, n]: h_t
  kernels::Rows cell;                // [rows, n]: c_t (LSTM)
  // [rows, n]. GRU that resets before the product: r ⊙ h_{t-1}. GRU that resets after it: U_c
  // h_{t-1} + b.
  kernels::Rows reset;
  kernels::ConstRows inside;  // [rows, n]: added to U_c h_{t-1} + b (GRU that resets after it)
  kernels::Rows normal;       // [rows, G n]: normalised U h, if the cell has gains
  kernels::Rows scales;       // [rows, G]: the factors that normalised U h, if the cell has gains
};

/// Gates [first, first + count), whose recurrent products are one product.
struct GateBlock {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// The arrays of CellStep over all steps and sentences. A tensor is undefined where CellStep does
/// not have the array.
struct CellSequences {
  at::Tensor gates;   // [time, batch, G n]
  at::Tensor reset;   // [time, batch, n]
  at::Tensor normal;  // [time, batch, G n]
};

/// The forward pass of a cell: computes h_t from h_{t-1}, step by step. Not safe to use from
/// several threads.
class ForwardCell {
 public:
  /// `cell` holds the tensors of the cell; its input weights are not used. `mask` [batch, n] is the
  /// dropout of h_{t-1} in the recurrent products, or undefined. `states` [time, batch, n] are the
  /// states that the steps read as h_{t-1}; `reset` is CellSequences::reset.
  ForwardCell(ShardMatrices& matrices, const CellShape& shape, const CellTensors& cell,
              const at::Tensor& mask, const PackedSteps& states, const at::Tensor& reset);
  /// Packs state t of `states` for all sentences, after dropout if there is a mask. Call it once
  /// state t is known, before the step that reads it as h_{t-1}.
  void pack_state(std::int64_t t);
  /// Computes one step. For a GRU that resets before the product, rows of `reset` beyond step.rows
  /// must already hold values, because the whole step is packed.
  void step(const CellStep& step);

 private:
  friend class BackwardCell;
  void add_recurrent(const CellStep& step, GateBlock block, const kernels::PackedRows* factor,
                     kernels::Rows sums) const;
  /// Returns h_{t-1} as the recurrent products read it: after dropout if there is a mask.
  kernels::ConstRows seen(const CellStep& step) const {
    return step.before < 0 ? step.previous : seen_.rows(step.before);
  }

  CellShape shape_;
  CellTensors cell_;
  at::Tensor mask_;
  const kernels::TrainingMatrix& gates_;      // U of all gates (LSTM), or of z and r (GRU)
  const kernels::TrainingMatrix* candidate_;  // U_c of a GRU; null for an LSTM
  PackedSteps states_, seen_;                 // seen_: the states after dropout
  std::optional<PackedSteps> reset_;          // only for a GRU that resets before the product
};

/// The backward pass of a cell, from the last step to the first. A step gets the arrays that its
/// forward step wrote and overwrites them: `gates` with the gradients of the pre-activations,
/// `reset` with the gradient of U_c h_{t-1} + b for a GRU that resets after the product, and
/// `normal` with the gradient of U h. The forward pass must outlive it. Not safe to use from
/// several threads.
class BackwardCell {
 public:
  /// `sequences` are the arrays that all steps of `forward` wrote.
  BackwardCell(ShardMatrices& matrices, const ForwardCell& forward, const CellSequences& sequences);
  /// Goes back through one step. `d_state` is the gradient of h_t from above. `carry` is the
  /// gradient of h_t from later steps and becomes the gradient of h_{t-1}; where h_{t-1} is 0, its
  /// values are unspecified afterwards. `cell_carry` is the gradient of c_t from later steps and
  /// becomes that of c_{t-1} (LSTM). Rows of `gates` and `normal` beyond step.rows must be 0 before
  /// the call, because the whole step is packed.
  void step(const CellStep& step, kernels::ConstRows d_state, kernels::Rows carry,
            kernels::Rows cell_carry);

  /// The packed gradients of U h of the steps gone back through so far. They lie in `normal` if the
  /// cell has gains, else in `gates`. A GRU that resets after the product and has no gains is an
  /// exception: its candidate columns hold the gradient of the candidate's pre-activation, and
  /// CellStep::reset holds the gradient of U_c h_{t-1} + b.
  const PackedSteps& d_products() const { return d_products_; }
  /// Adds to `gradient` [G n, n] the gradient of the recurrent weights over steps [first, first +
  /// count). The h_{t-1} of these steps are `count` consecutive states, beginning with state
  /// `before`.
  void add_recurrent_gradient(std::int64_t first, std::int64_t before, std::int64_t count,
                              const at::Tensor& gradient) const;
  /// The gradients of the recurrent bias and gain over all steps so far; undefined if the cell has
  /// none, or if it was added in place to the gradient of a leaf (WeightGradient::result()).
  at::Tensor d_bias() const { return d_bias_ ? d_bias_->result() : at::Tensor(); }
  at::Tensor d_gain() const { return d_gain_ ? d_gain_->result() : at::Tensor(); }

 private:
  kernels::ConstRows d_product(const CellStep& step, GateBlock block, kernels::ConstRows d_sums);
  void lstm(const CellStep& step, kernels::ConstRows d_state, kernels::Rows carry,
            kernels::Rows cell_carry);
  void gru(const CellStep& step, kernels::Rows d_previous);
  void gru_candidate(const CellStep& step, kernels::Rows d_previous);

  const ShardMatrices& matrices_;
  const ForwardCell& forward_;
  const CellShape& shape_;
  std::optional<WeightGradient> d_bias_, d_gain_;  // gradients of the recurrent bias and gain
  const kernels::TrainingMatrix& gates_;
  const kernels::TrainingMatrix* candidate_;
  PackedSteps d_products_;
  std::optional<PackedSteps> d_reset_;  // see d_products()
  std::vector<float> scratch_;          // [batch, n]
  // [batch, n], only with a mask: the gradient of h_{t-1} after dropout.
  std::vector<float> d_dropped_;
};

}  // namespace attend::fused
