// One step of a GRU or an LSTM over the kernels, forward and backward: what the fused functions of
// encoder and decoder share. Internal to this folder.
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

/// What one step reads and writes; `rows` sentences.
struct CellStep {
  std::size_t rows = 0;
  std::int64_t time = 0;             // of the step, in tensors of all steps
  std::int64_t before = 0;           // of h_{t-1}, in that of the states; negative: h_{t-1} is 0
  kernels::Rows gates;               // [rows, G n]: W x + b on the way in, gates afterwards
  kernels::ConstRows previous;       // [rows, n]: h_{t-1}
  kernels::ConstRows previous_cell;  // [rows, n]: c_{t-1} (LSTM)
  kernels::Rows state;               // [rows, n]: h_t
  kernels::Rows cell;                // [rows, n]: c_t (LSTM)
  kernels::Rows reset;               // [rows, n]: r ⊙ h_{t-1}, or U_c h_{t-1} + b (GRU)
  kernels::Rows normal;              // [rows, G n]: normalised U h, with gains
  kernels::Rows scales;              // [rows, G]: what they were normalised by
};

/// Gates that are multiplied together: [first, first + count).
struct GateBlock {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// What the steps of a cell leave of all sentences; undefined where CellStep has none.
struct CellSequences {
  at::Tensor gates;   // [time, batch, G n]
  at::Tensor reset;   // [time, batch, n]
  at::Tensor normal;  // [time, batch, G n]
};

/// h_t from h_{t-1}.
class ForwardCell {
 public:
  /// `cell`: all but its input weights. `mask` [batch, n]: dropout of h_{t-1} in the recurrent
  /// products, or undefined. `reset` is that of all steps.
  ForwardCell(ShardMatrices& matrices, const CellShape& shape, const CellTensors& cell,
              const at::Tensor& mask, const PackedSteps& states, const at::Tensor& reset);
  /// State t of all sentences is there, for later steps.
  void pack_state(std::int64_t t);
  /// Where the reset is a factor, rows of it that the step does not compute are there before.
  void step(const CellStep& step);

 private:
  friend class BackwardCell;
  void add_recurrent(const CellStep& step, GateBlock block, const kernels::PackedRows* factor,
                     kernels::Rows sums) const;
  /// h_{t-1} as it is multiplied.
  kernels::ConstRows seen(const CellStep& step) const {
    return step.before < 0 ? step.previous : seen_.rows(step.before);
  }

  CellShape shape_;
  CellTensors cell_;
  at::Tensor mask_;
  const kernels::TrainingMatrix& gates_;      // of all gates, or of z and r
  const kernels::TrainingMatrix* candidate_;  // of a GRU
  PackedSteps states_, seen_;                 // `seen_`: the states with their dropout
  std::optional<PackedSteps> reset_;          // of a GRU that resets before the product
};

/// Gradients of one step. `step` is what the forward step left; its gates become gradients of what
/// was summed, its `reset` the gradient of U_c h_{t-1} + b where the reset comes after, its
/// `normal` the gradient of U h.
class BackwardCell {
 public:
  /// `sequences` are what all steps of `forward` left.
  BackwardCell(ShardMatrices& matrices, const ForwardCell& forward, const CellSequences& sequences);
  /// `d_state` is the gradient of h_t from above; `carry` that from later steps, which becomes the
  /// gradient of h_{t-1}, or anything where that is 0; `cell_carry` the same of c. Rows of the
  /// batch that the step did not compute are 0 before in `gates` and `normal`.
  void step(const CellStep& step, kernels::ConstRows d_state, kernels::Rows carry,
            kernels::Rows cell_carry);

  /// After all steps: the gradients of U h, where gates or `normal` stood.
  const PackedSteps& d_products() const { return d_products_; }
  /// Adds to `gradient` [G n, n] that of the recurrent weights over steps [first, first + count),
  /// whose h_{t-1} are the states from `before` on.
  void add_recurrent_gradient(std::int64_t first, std::int64_t before, std::int64_t count,
                              const at::Tensor& gradient) const;
  /// Of all steps so far, as a backward function returns them.
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
  std::optional<WeightGradient> d_bias_, d_gain_;  // of recurrent bias and gain
  const kernels::TrainingMatrix& gates_;
  const kernels::TrainingMatrix* candidate_;
  PackedSteps d_products_;
  std::optional<PackedSteps> d_reset_;  // of a GRU that resets after a product without gains
  std::vector<float> scratch_;          // [batch, n]
  std::vector<float> d_dropped_;        // [batch, n], with a mask: of h_{t-1} as it was multiplied
};

}  // namespace attend::fused
