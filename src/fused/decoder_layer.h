// One cell of a teacher-forced decoder over the kernels, forward and backward: a part of the fused
// decoder. The cell is a layer, or one of the two cells of the order kUpdateLookUpdate. Internal to
// this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fused/cell.h"
#include "fused/embedding.h"
#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

using at::Tensor;
using network::State;

/// The states of one cell of the decoder: s_0, and the state that each update writes. Copies of
/// this object share their values.
struct CellStates {
  /// Makes states whose values are still to be computed.
  CellStates(const ShardMatrices& matrices, const CellShape& shape, std::int64_t updates,
             std::int64_t batch, const at::TensorOptions& options);
  /// Sets s_0 and, for an LSTM, c_0 to `initial` [batch, n].
  void start(const State& initial);

  PackedSteps hidden;  // [updates + 1, batch, n]: s_0 …
  Tensor cells;        // [updates + 1, batch, n]: c_0 … of an LSTM, else undefined
};

struct DecoderLayerInputs {
  // Without gains. The columns of input_weight [G n, hoisted + step] belong to the input that is
  // known before the first update, then to the step input or to the fixed input.
  CellTensors cell;
  // Update i starts from state first_before + i of `before` and writes state i + 1 of `states`.
  // `before` is `states` itself, with first_before 0, unless another cell has its updates between
  // two updates of this cell.
  CellStates states, before;
  std::int64_t first_before = 0;
  // [batch, n]: dropout of s_{i-1} in the recurrent products, or undefined.
  at::Tensor recurrent_mask = {};
  // [masks, batch, step]: dropout of the step input, or undefined. `masks` is 1 if all updates
  // share one mask, else at least the number of updates.
  at::Tensor step_input_mask = {};
  // [batch, step]: a vector that every update reads in place of a step input, or undefined.
  at::Tensor fixed = {};
};

/// Says where a layer reads its step input: update i reads step first + i of a sequence. Without a
/// sequence the layer has no step input.
struct StepInput {
  const PackedSteps* steps = nullptr;
  std::int64_t first = 0;
};

/// Computes the states s_1, s_2, … of one cell. The cell's hoisted input is known for all updates
/// before the first one; its step input becomes known update by update. Instead of a step input it
/// may have a fixed input, which is one vector for all updates of a sentence.
class DecoderLayerPass {
 public:
  /// The first `hoisted_units` columns of the input weights belong to the hoisted input, the others
  /// to the step input or to the fixed input. The initial states must be known.
  DecoderLayerPass(const std::shared_ptr<ShardMatrices>& matrices, const CellShape& shape,
                   const DecoderLayerInputs& inputs, std::int64_t updates,
                   std::int64_t hoisted_units);

  /// Computes W_k k + b of all updates in one product, k [updates · batch, hoisted] being the
  /// hoisted input, and `packed` its rows; and the product of the fixed input, if there is one.
  /// Call once, before update(0). The arguments are not read when there is no hoisted input.
  void project(const WordRows& hoisted, const std::optional<kernels::PackedRows>& packed);
  /// Update i: s_{i+1} from the state that it starts from and from the inputs.
  void update(std::int64_t i, const StepInput& step_input);

  const PackedSteps& states() const { return in_.states.hidden; }  // [updates + 1, batch, n]: s_0 …
  std::int64_t updates() const { return updates_; }
  bool has_step_input() const { return step_weight_ != nullptr; }

 private:
  friend class DecoderLayerBackward;
  CellStep step(std::int64_t i) const;
  kernels::Rows step_input_mask(std::int64_t i) const;
  Tensor hoisted_block(const Tensor& weight) const;
  Tensor step_input_block(const Tensor& weight) const;
  void project_fixed();
  void add_fixed(kernels::Rows gates) const;

  std::shared_ptr<ShardMatrices> matrices_;
  CellShape shape_;
  DecoderLayerInputs in_;
  std::int64_t updates_, hoisted_units_, batch_;
  bool follows_itself_;  // whether updates start from the states that this cell writes
  CellSequences steps_;  // with time = updates
  // [updates, batch]: the row of projected_ for each position; undefined if positions share no
  // rows.
  Tensor index_;
  Tensor projected_;  // [distinct, G n]: W_k k + b, if positions share rows
  // [batch, G n]: the product of the fixed input, plus b if there is no hoisted input; undefined
  // without a fixed input.
  Tensor fixed_;
  std::optional<kernels::PackedRows> packed_fixed_;  // the rows of in_.fixed
  std::optional<PackedSteps> masked_;  // [updates, batch, step]: the masked step input, with a mask
  std::optional<ForwardCell> recurrence_;
  const kernels::TrainingMatrix* step_weight_ = nullptr;
};

/// Goes back through the updates of a pass, from the last to the first.
class DecoderLayerBackward {
 public:
  /// `carries` [2, batch, n] are the gradients of a state and of its c that updates hand to earlier
  /// updates; they are 0 before the last update. Two cells that start from each other's states
  /// share them.
  DecoderLayerBackward(const DecoderLayerPass& pass, const Tensor& carries);

  /// The gradient [batch, n] of s_{i+1} from later updates, as it is before the call of update(i).
  /// Afterwards it is the gradient of the state that update i starts from. The caller may add to
  /// it.
  kernels::Rows carry() const { return rows_at(carries_, 0); }
  /// Goes back through update i. `d_state` [batch, n] is added to the gradient of s_{i+1}.
  void update(std::int64_t i, kernels::ConstRows d_state);
  /// After update i: adds the gradient of its step input.
  void add_step_input_gradient(std::int64_t i, kernels::Rows d_step_input);
  /// Computes the gradients of the weights, which are sums over all updates. Call once, after
  /// update 0. Returns the gradient of the rows that project() took, or an undefined tensor.
  at::Tensor finish(const StepInput& step_input, const std::optional<kernels::PackedRows>& hoisted);

  /// After finish(): the gradients of the initial state, of the initial cell and of the weights.
  /// The gradient of a weight is undefined if it was added in place to the gradient of a leaf
  /// (WeightGradient::result()).
  at::Tensor d_initial_state() const { return carries_[0]; }
  at::Tensor d_initial_cell() const;
  /// After finish(): the gradient of the fixed input; undefined without one.
  const at::Tensor& d_fixed() const { return d_fixed_; }
  at::Tensor d_input_weight() const { return input_weight_.result(); }
  at::Tensor d_recurrent_weight() const { return recurrent_weight_.result(); }
  at::Tensor d_bias() const { return bias_.result(); }
  at::Tensor d_recurrent_bias() const { return recurrence_.d_bias(); }

 private:
  void finish_fixed();

  const DecoderLayerPass& pass_;
  BackwardCell recurrence_;
  const kernels::TrainingMatrix* step_weight_ = nullptr;
  Tensor carries_;              // [2, batch, n]: gradients of s and c from later updates
  Tensor d_fixed_;              // [batch, step], with a fixed input
  std::vector<float> scratch_;  // [batch, step], with a mask
  WeightGradient input_weight_, recurrent_weight_, bias_;
};

}  // namespace attend::fused
