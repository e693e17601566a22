// The looks of a teacher-forced decoder over the kernels, forward and backward: what its fused
// function is made of. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

using at::Tensor;

using network::AttentionInputs;

/// The looks of all steps, as the backward pass needs them. Tensors of the inputs must be
/// contiguous.
class AttentionPass {
 public:
  AttentionPass(const std::shared_ptr<ShardMatrices>& matrices, const AttentionInputs& inputs,
                std::int64_t steps);

  /// Step i from the states s [batch, n], which must stay where they are.
  void look(std::int64_t i, kernels::ConstRows states);

  const Tensor& contexts() const { return contexts_; }      // [steps, batch, n_h]
  const Tensor& alignments() const { return alignments_; }  // [steps, batch, source_length]

 private:
  friend class AttentionBackward;
  void prepare_source();
  void make_exponentials(at::ScalarType type);
  kernels::AttentionSource source() const;
  kernels::AttentionStep step(std::int64_t i, kernels::ConstRows states) const;

  std::shared_ptr<ShardMatrices> matrices_;
  AttentionInputs in_;
  std::int64_t steps_;
  // What queries meet: exp(2 projected) of additive scores where all of them fit, unless the
  // rounded ones are read instead.
  Tensor keys_;
  // In bfloat16 where factors are, but not of plain additive keys: what is read in each step is
  // half as large.
  Tensor rounded_annotations_, rounded_keys_;
  kernels::KeyForm form_ = kernels::KeyForm::kPlain;
  const kernels::TrainingMatrix* query_ = nullptr;  // W, additive
  Tensor queries_;   // [steps, batch, n'], additive, in the form of the keys
  Tensor energies_;  // [steps, batch, source_length], relu
  Tensor alignments_;
  Tensor contexts_;
};

/// Goes back through the looks of a pass.
class AttentionBackward {
 public:
  /// `d_contexts` [steps, batch, n_h] are the gradients from outside, which are added to, or
  /// undefined.
  AttentionBackward(const AttentionPass& pass, const Tensor& d_contexts);

  /// The gradient of the context of step i, to add to before that step [batch, n_h].
  kernels::Rows d_context(std::int64_t i) const { return rows_at(d_contexts_, i); }
  /// Adds to the gradient of the states that looked in step i.
  void step(std::int64_t i, kernels::ConstRows states, kernels::Rows d_states);
  /// What waits for all steps; `states` [steps, batch, n] are those that looked.
  void finish(const Tensor& states);

  /// After finish(): gradients of the inputs, undefined where they are.
  const Tensor& d_annotations() const { return d_annotations_; }
  const Tensor& d_projected() const { return d_projected_; }
  /// Gradients of the weights, as a backward function returns them.
  Tensor d_query_weight() const { return result(d_query_weight_); }
  Tensor d_energy_weight() const { return result(d_energy_weight_); }
  Tensor d_energy_bias() const { return result(d_energy_bias_); }

 private:
  static Tensor result(const std::optional<WeightGradient>& gradient) {
    return gradient ? gradient->result() : Tensor();
  }
  void add_rows(const Tensor& weights, const Tensor& rows, const Tensor& sums,
                kernels::Write write) const;

  const AttentionPass& pass_;
  const AttentionInputs& in_;
  kernels::AttentionSource source_;
  const kernels::TrainingMatrix* query_ = nullptr;  // Wᵀ, additive
  Tensor d_contexts_;
  Tensor d_queries_;   // [steps, batch, n'], additive; else of one step [1, batch, n]
  Tensor d_energies_;  // [steps, batch, source_length], not additive
  Tensor d_annotations_, d_projected_;
  float d_bias_ = 0.0F;
  std::optional<WeightGradient> d_query_weight_, d_energy_weight_, d_energy_bias_;
  std::vector<float> scratch_;  // [source_length], additive
};

}  // namespace attend::fused
