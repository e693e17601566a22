// Input feeding over the kernels (§6.4), forward and backward: the readout of each step, which the
// next update of the state reads. A part of the fused decoder. Internal to this folder.
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

/// The columns of the readout's weights, or of their gradient, that multiply the state [r, n], the
/// embedding of the previous token [r, m] and the context [r, n_h].
struct ReadoutBlocks {
  at::Tensor state, previous, context;
};

/// The forward pass: the readouts r_i of all steps, kept for the backward pass. Not safe to use
/// from several threads.
class InputFeedingPass {
 public:
  /// `states` is the number of units of a state.
  InputFeedingPass(const std::shared_ptr<ShardMatrices>& matrices, const InputFeedingInputs& inputs,
                   std::int64_t steps, std::int64_t batch, std::int64_t states);
  /// Computes W E y_{i-1} + b of all steps in one product, where `previous` are the embeddings of
  /// the previous tokens and `packed` their packed rows. Call once, before the first
  /// compute_readout(). When the readout does not see the previous token, the arguments are not
  /// read and every step begins with b.
  void project(const WordRows& previous, const std::optional<kernels::PackedRows>& packed);

  /// Computes r_i from s_i [batch, n] and c_i [batch, n_h]. Call once for each step.
  void compute_readout(std::int64_t i, const kernels::PackedRows& states,
                       const kernels::PackedRows& contexts);
  /// Returns the step inputs of the decoder [steps + 1, batch, l]. Entry i is r_{i-1} after
  /// dropout; entry 0 is 0.
  const PackedSteps& fed() const { return fed_; }
  /// Returns r_i of all steps after dropout [steps, batch, l].
  at::Tensor readouts() const { return fed_.values().narrow(0, 1, fed_.values().size(0) - 1); }

 private:
  friend class InputFeedingBackward;
  ReadoutBlocks blocks(const at::Tensor& weight) const;
  bool maxout() const { return in_.readout == model::Readout::kMaxout; }

  std::shared_ptr<ShardMatrices> matrices_;
  InputFeedingInputs in_;
  std::int64_t state_units_;
  std::size_t batch_;
  // [steps, batch]: the row of projected_ for each position; undefined if positions share no rows.
  at::Tensor index_;
  at::Tensor projected_;  // [distinct, r]: W E y + b, if positions share rows
  // [steps, batch, r]: the pre-activations, which tanh replaces with its values. readouts() returns
  // this same memory if there is neither maxout nor dropout.
  at::Tensor pre_activations_;
  PackedSteps fed_;  // [steps + 1, batch, l]
  const kernels::TrainingMatrix& state_;
  const kernels::TrainingMatrix& context_;
};

/// The backward pass of input feeding. The forward pass must outlive it.
class InputFeedingBackward {
 public:
  /// `d_readouts` [steps, batch, l] are the gradients of the readouts from outside the decoder;
  /// they are added to in place. Undefined means no gradient.
  InputFeedingBackward(const InputFeedingPass& pass, const at::Tensor& d_readouts);

  /// Returns the gradient of r_i [batch, l]. The update that reads r_i adds its gradient here
  /// before step(i).
  kernels::Rows d_readout(std::int64_t i) const { return rows_at(d_readouts_, i); }
  /// Goes back through step i. Adds to the gradients of s_i [batch, n] and c_i [batch, n_h].
  void step(std::int64_t i, kernels::Rows d_states, kernels::Rows d_contexts);
  /// Computes the gradients that are sums over all steps. Call once, after step() has run for every
  /// step. `states` [steps · batch, n] and `contexts` [steps · batch, n_h] are those that
  /// compute_readout() got, `previous` the packed rows that project() got. If the readout sees the
  /// previous token, adds to `d_previous` [rows, m], the gradient of these rows.
  void finish(const kernels::PackedRows& states, const kernels::PackedRows& contexts,
              const std::optional<kernels::PackedRows>& previous, const at::Tensor& d_previous);

  /// After finish(): the gradient of each parameter; undefined if it was added in place to the
  /// gradient of a leaf (WeightGradient::result()).
  at::Tensor d_weight() const { return d_weight_.result(); }
  at::Tensor d_bias() const { return d_bias_.result(); }

 private:
  const InputFeedingPass& pass_;
  const kernels::TrainingMatrix& state_;
  const kernels::TrainingMatrix& context_;
  at::Tensor d_readouts_;
  // [steps, batch, r]: the gradients of the pre-activations. This tensor shares the memory of
  // d_readouts_ unless there is maxout.
  at::Tensor d_pre_activations_;
  PackedSteps packed_d_sums_;  // the packed rows of d_pre_activations_
  WeightGradient d_weight_, d_bias_;
};

}  // namespace attend::fused
