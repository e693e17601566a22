// One layer of a teacher-forced decoder over the kernels, forward and backward: what its fused
// function is made of. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "train/layers.h"
#include "train/native_cell.h"
#include "train/native_embedding.h"
#include "train/packed_weights.h"

namespace attend::train {

struct DecoderLayerInputs {
  CellTensors cell;        // input_weight [G n, known + beside]; without gains
  State initial;           // [batch, n]
  Tensor recurrent_mask;   // [batch, n]: dropout of s_{i-1} in the recurrent products, or undefined
  Tensor step_input_mask;  // [updates or more, or 1, batch, beside]: dropout of what stands beside,
                           // or undefined
};

/// What stands beside a layer: in update i step first + i of a sequence, or nothing.
struct StepInput {
  const PackedSteps* steps = nullptr;
  std::int64_t first = 0;
};

/// The updates s_1 … of a layer's state s_0. A layer sees what is `known` before the first update,
/// and what stands `beside` it only when an update comes.
class DecoderLayerPass {
 public:
  /// `hoisted_units` of the input weights' columns come first.
  DecoderLayerPass(const std::shared_ptr<ShardMatrices>& matrices, const CellShape& shape,
                   const DecoderLayerInputs& inputs, std::int64_t updates,
                   std::int64_t hoisted_units);

  /// W_k k + b of all updates in one product: k [updates · batch, known], where there is any, with
  /// its rows as an operand.
  void project(const WordRows& hoisted, const std::optional<kernels::PackedRows>& packed);
  /// Update i: s_{i+1} from s_i and what stands beside.
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
  Tensor cells_;         // as the states, of an LSTM
  Tensor index_;         // [updates, batch]: of the rows of `projected_`, or undefined
  Tensor projected_;     // [distinct, G n]: W_k k + b where words share rows
  std::optional<PackedSteps> states_;
  std::optional<PackedSteps> masked_;  // [updates, batch, beside], with a mask
  std::optional<ForwardCell> recurrence_;
  const kernels::TrainingMatrix* step_weight_ = nullptr;
};

/// Goes back through the updates of a pass, from the last to the first.
class DecoderLayerBackward {
 public:
  explicit DecoderLayerBackward(const DecoderLayerPass& pass);

  /// The gradient of the newest state that was not gone back through yet, to add to [batch, n].
  kernels::Rows carry() const { return rows_at(carries_, 0); }
  /// `d_state` [batch, n]: more of the gradient of s_{i+1}.
  void update(std::int64_t i, kernels::ConstRows d_state);
  /// After update i: adds the gradient of what stood beside.
  void add_step_input_gradient(std::int64_t i, kernels::Rows d_step_input);
  /// What waits for all updates, of what stood beside. Returns the gradient of the rows that
  /// project() took, or nothing.
  Tensor finish(const StepInput& step_input, const std::optional<kernels::PackedRows>& hoisted);

  /// After finish(): gradients as a backward function returns them, of the initial state and cell,
  /// the input weights, the recurrent weights, bias and recurrent bias.
  std::vector<Tensor> gradients() const;

 private:
  const DecoderLayerPass& pass_;
  BackwardCell recurrence_;
  const kernels::TrainingMatrix* step_weight_ = nullptr;
  Tensor carries_;              // [2, batch, n]: of s and c from later updates
  std::vector<float> scratch_;  // [batch, beside], with a mask
  WeightGradient input_weight_, recurrent_weight_, bias_;
};

}  // namespace attend::train
