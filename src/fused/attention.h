// The attention of a teacher-forced decoder over the kernels, forward and backward: a part of the
// fused decoder. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

using at::Tensor;

using network::AttentionInputs;

/// Returns the values rounded to bfloat16, which libtorch stores as integers here.
Tensor rounded(const Tensor& values);
/// Returns the values of a tensor that rounded() returned; null if it is undefined.
kernels::Bfloat16* bits_of(const Tensor& values);

/// sums_j ← or += Σ_i weight_ij row_i over the steps i, for every position j below the length of
/// its source: `weights` [steps, batch, source_length], `rows` [steps, batch, units], `sums`
/// [batch, source_length, units], all contiguous.
void add_rows(const ShardMatrices& matrices, std::span<const std::int32_t> lengths,
              const Tensor& weights, const Tensor& rows, const Tensor& sums, kernels::Write write);

/// The forward pass of attention over all steps, kept for the backward pass. Tensors of the inputs
/// must be contiguous. Not safe to use from several threads.
class AttentionPass {
 public:
  AttentionPass(const std::shared_ptr<ShardMatrices>& matrices, const AttentionInputs& inputs,
                std::int64_t steps);

  /// Computes the alignment and the context of step i from the states s [batch, n], the queries.
  /// The caller must keep the states unchanged, because AttentionBackward reads them again.
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
  // Keys that the queries are compared with: in_.keys(), or exp(2 projected) for additive scores if
  // no value is too large for it. If the exponentials are rounded to bfloat16, rounded_keys_ holds
  // them and keys_ stays unchanged.
  Tensor keys_;
  // bfloat16 copies, which halve the memory that each step reads. They exist where products are
  // computed in bfloat16 and a row has at least 128 values; additive keys in the plain form are
  // never rounded.
  Tensor rounded_annotations_, rounded_keys_;
  kernels::KeyForm form_ = kernels::KeyForm::kPlain;
  const kernels::TrainingMatrix* query_ = nullptr;  // W of the queries, additive; else null
  Tensor queries_;   // [steps, batch, n'], in the form of the keys; additive only
  Tensor energies_;  // [steps, batch, source_length], for relu energies only
  Tensor alignments_;
  Tensor contexts_;
};

/// The backward pass of attention. The forward pass must outlive it.
class AttentionBackward {
 public:
  /// `d_contexts` [steps, batch, n_h] are the gradients of the contexts from outside the decoder;
  /// they are added to in place. `d_alignments` [steps, batch, source_length], which must be
  /// contiguous, are the gradients of the alignments; values on padding are not read. Undefined
  /// means no gradient.
  AttentionBackward(const AttentionPass& pass, const Tensor& d_contexts,
                    const Tensor& d_alignments);

  /// Returns the gradient of the context of step i [batch, n_h]. Whatever else reads that context
  /// adds its gradient here before step(i).
  kernels::Rows d_context(std::int64_t i) const { return rows_at(d_contexts_, i); }
  /// Goes back through step i. `states` are those that look(i) got. Adds to `d_states` [batch, n],
  /// the gradient of these states.
  void step(std::int64_t i, kernels::ConstRows states, kernels::Rows d_states);
  /// Computes the gradients that are sums over all steps. Call once, after step() has run for every
  /// step. `states` [steps, batch, n] are those that look() got.
  void finish(const Tensor& states);

  /// After finish(): the gradients of the inputs. A gradient is undefined where its input is.
  const Tensor& d_annotations() const { return d_annotations_; }
  const Tensor& d_projected() const { return d_projected_; }
  /// After finish(): the gradient of each weight; undefined if it was added in place to the
  /// gradient of a leaf (WeightGradient::result()).
  Tensor d_query_weight() const { return result(d_query_weight_); }
  Tensor d_energy_weight() const { return result(d_energy_weight_); }
  Tensor d_energy_bias() const { return result(d_energy_bias_); }

 private:
  static Tensor result(const std::optional<WeightGradient>& gradient) {
    return gradient ? gradient->result() : Tensor();
  }
  kernels::AttentionResultGradients result_gradients(std::int64_t i) const;

  const AttentionPass& pass_;
  const AttentionInputs& in_;
  kernels::AttentionSource source_;
  const kernels::TrainingMatrix* query_ = nullptr;  // Wᵀ of the queries, additive; else null
  Tensor d_contexts_;
  Tensor d_alignments_;  // may be undefined
  // Gradients of the queries: [steps, batch, n'] if additive, else those of one step [1, batch, n].
  Tensor d_queries_;
  Tensor d_energies_;  // [steps, batch, source_length]; undefined if additive
  Tensor d_annotations_, d_projected_;
  float d_bias_ = 0.0F;
  std::optional<WeightGradient> d_query_weight_, d_energy_weight_, d_energy_bias_;
  std::vector<float> scratch_;  // [source_length], additive only
};

}  // namespace attend::fused
