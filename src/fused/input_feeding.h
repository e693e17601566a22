// Input feeding over the kernels (§6.4): the readout of every step, which the next update of the
// state sees. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "fused/embedding.h"
#include "fused/packed_steps.h"
#include "fused/packed_weights.h"
#include "model/model.h"

namespace attend::fused {

using network::InputFeedingInputs;

/// The columns of the readout's weights, or of their gradient.
struct ReadoutBlocks {
  at::Tensor state, previous, context;
};

/// The readouts of all steps.
class InputFeedingPass {
 public:
  /// `states` units of a state.
  InputFeedingPass(const std::shared_ptr<ShardMatrices>& matrices, const InputFeedingInputs& inputs,
                   std::int64_t steps, std::int64_t batch, std::int64_t states);
  /// W E y_{i-1} + b of all steps in one product: of rows that are an operand.
  void project(const WordRows& previous, const std::optional<kernels::PackedRows>& packed);

  /// r_i from s_i [batch, n] and c_i [batch, n_h].
  void compute_readout(std::int64_t i, const kernels::PackedRows& states,
                       const kernels::PackedRows& contexts);
  /// r_{i-1} [batch, l] of all i, with its dropout; 0 for i = 0.
  const PackedSteps& fed() const { return fed_; }
  /// r_i of all i.
  at::Tensor readouts() const { return fed_.values().narrow(0, 1, fed_.values().size(0) - 1); }

 private:
  friend class InputFeedingBackward;
  ReadoutBlocks blocks(const at::Tensor& weight) const;
  bool maxout() const { return in_.readout == model::Readout::kMaxout; }

  std::shared_ptr<ShardMatrices> matrices_;
  InputFeedingInputs in_;
  std::int64_t state_units_;
  std::size_t batch_;
  at::Tensor index_;            // [steps, batch]: of the rows of `projected_`, or undefined
  at::Tensor projected_;        // [distinct, r], where words share rows
  at::Tensor pre_activations_;  // [steps, batch, r]: before maxout and dropout
  PackedSteps fed_;             // [steps + 1, batch, l]
  const kernels::TrainingMatrix& state_;
  const kernels::TrainingMatrix& context_;
};

/// Goes back through the readouts of a pass.
class InputFeedingBackward {
 public:
  /// `d_readouts` [steps, batch, l] are the gradients from outside, which are added to, or
  /// undefined.
  InputFeedingBackward(const InputFeedingPass& pass, const at::Tensor& d_readouts);

  /// The gradient of r_i [batch, l], to add to before step i.
  kernels::Rows d_readout(std::int64_t i) const { return rows_at(d_readouts_, i); }
  /// Adds to the gradients of s_i and c_i.
  void step(std::int64_t i, kernels::Rows d_states, kernels::Rows d_contexts);
  /// What waits for all steps: of s_1 … and c_1 …, [steps · batch, units]. Adds to `d_fed` [rows,
  /// m], the gradient of the rows that project() took, where the readout sees E y_{i-1}.
  void finish(const kernels::PackedRows& states, const kernels::PackedRows& contexts,
              const std::optional<kernels::PackedRows>& previous, const at::Tensor& d_previous);

  at::Tensor d_weight() const { return d_weight_.result(); }
  at::Tensor d_bias() const { return d_bias_.result(); }

 private:
  const InputFeedingPass& pass_;
  const kernels::TrainingMatrix& state_;
  const kernels::TrainingMatrix& context_;
  at::Tensor d_readouts_;
  at::Tensor d_pre_activations_;  // [steps, batch, r]: of what the activation took; the same but
                                  // for maxout
  PackedSteps packed_d_sums_;     // of it
  WeightGradient d_weight_, d_bias_;
};

}  // namespace attend::fused
