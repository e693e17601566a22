// One layer of a teacher-forced decoder over the kernels, forward and backward: a part of the fused
// decoder. Internal to this folder.
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

struct DecoderLayerInputs {
  // Without gains. The columns of input_weight [G n, hoisted + step] belong to the input that is
  // known before the first update, then to the step input.
  CellTensors cell;
  State initial;  // [batch, n]
  // [batch, n]: dropout of s_{i-1} in the recurrent products, or undefined.
  at::Tensor recurrent_mask;
  // [masks, batch, step]: dropout of the step input, or undefined. `masks` is 1 if all updates
  // share one mask, else at least the number of updates.
  at::Tensor step_input_mask;
};

/// Says where a layer reads its step input: update i reads step first + i of a sequence. Without a
/// sequence the layer has no step input.
struct StepInput {
  const PackedSteps* steps = nullptr;
  std::int64_t first = 0;
};

/// Computes the states s_1, s_2, … of one layer from its initial state s_0. The layer's hoisted
/// input is known for all updates before the first one; its step input becomes known update by
/// update.
class DecoderLayerPass {
 public:
  /// The first `hoisted_units` columns of the input weights belong to the hoisted input, the others
  /// to the step input.
  DecoderLayerPass(const std::shared_ptr<ShardMatrices>& matrices, const CellShape& shape,
                   const DecoderLayerInputs& inputs, std::int64_t updates,
                   std::int64_t hoisted_units);

  /// Computes W_k k + b of all updates in one product, k [updates · batch, hoisted] being the
  /// hoisted input, and `packed` its rows. Call once, before update(0); without effect when there
  /// is no hoisted input.
  void project(const WordRows& hoisted, const std::optional<kernels::PackedRows>& packed);
  /// Update i: s_{i+1} from s_i and the inputs.
  void update(std::int64_t i, const StepInput& step_input);

  const PackedSteps& states() const { return *states_; }  // [updates + 1, batch, n]: s_0 …
  std::int64_t updates() const { return updates_; }
  bool has_step_input() const { return step_weight_ != nullptr; }

 private:
  friend class DecoderLayerBackward;
  CellStep step(std::int64_t i) const;
  kernels::Rows step_input_mask(std::int64_t i) const;
  Tensor hoisted_block(const Tensor& weight) const;
  Tensor step_input_block(const Tensor& weight) const;

  std::shared_ptr<ShardMatrices> matrices_;
  CellShape shape_;
  DecoderLayerInputs in_;
  std::int64_t updates_, hoisted_units_, batch_;
  CellSequences steps_;  // with time = updates
  Tensor cells_;         // [updates + 1, batch, n]: c of an LSTM
  // [updates, batch]: the row of projected_ for each position; undefined if positions share no
  // rows.
  Tensor index_;
  Tensor projected_;  // [distinct, G n]: W_k k + b, if positions share rows
  std::optional<PackedSteps> states_;
  std::optional<PackedSteps> masked_;  // [updates, batch, step]: the masked step input, with a mask
  std::optional<ForwardCell> recurrence_;
  const kernels::TrainingMatrix* step_weight_ = nullptr;
};

/// Goes back through the updates of a pass, from the last to the first.
class DecoderLayerBackward {
 public:
  explicit DecoderLayerBackward(const DecoderLayerPass& pass);

  /// The gradient [batch, n] of s_{i+1} from later updates, as it is before the call of update(i).
  /// The caller may add to it.
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
  at::Tensor d_input_weight() const { return input_weight_.result(); }
  at::Tensor d_recurrent_weight() const { return recurrent_weight_.result(); }
  at::Tensor d_bias() const { return bias_.result(); }
  at::Tensor d_recurrent_bias() const { return recurrence_.d_bias(); }

 private:
  const DecoderLayerPass& pass_;
  BackwardCell recurrence_;
  const kernels::TrainingMatrix* step_weight_ = nullptr;
  Tensor carries_;              // [2, batch, n]: gradients of s and c from later updates
  std::vector<float> scratch_;  // [batch, step], with a mask
  WeightGradient input_weight_, recurrent_weight_, bias_;
};

}  // namespace attend::fused
