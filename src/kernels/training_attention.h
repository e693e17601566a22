// Attention for training (§1.5), additive or by a dot product: one query a sentence over the
// annotations of its source, forward and backward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/attention.h"

namespace attend::kernels {

/// What stands for q = W s and p_j = U h_j + b of additive attention.
enum class KeyForm {
  kPlain,        ///< they themselves
  kExponential,  ///< exp(2 q) and exp(2 p_j), of exponential_query() and exponential_keys(): faster
};

struct AttentionSizes {
  std::size_t batch = 0;
  std::size_t source_length = 0;     ///< of the longest source
  std::size_t attention_units = 0;   ///< n', or n of a dot product
  std::size_t annotation_units = 0;  ///< n_h
};

/// What all steps look at. Positions from `lengths` on are never read.
struct AttentionSource {
  AttentionSizes sizes;
  std::span<const std::int32_t> lengths;  // [batch], 1 … source_length
  const float* annotations = nullptr;     // [batch, source_length, n_h]
  const float* projected = nullptr;       // [batch, source_length, n']: U h_j + b, or keys [batch,
                                          // source_length, n] of a dot product: W h_j or h_j
  const float* weight = nullptr;          // [n']: v, additive
  float bias = 0.0F;                      // b_e
  EnergyActivation activation = EnergyActivation::kLinear;
  KeyForm form = KeyForm::kPlain;  ///< of `projected` and of queries, additive
  // Where they are not null they stand for the arrays above, which are not read; the second not in
  // the plain form. All sums stay float32.
  const Bfloat16* rounded_annotations = nullptr;
  const Bfloat16* rounded_projected = nullptr;
};

/// One step. `energies` may be null when the backward pass does not need them (linear energies).
struct AttentionStep {
  const float* query = nullptr;  // [batch, n']: W s in the form of the keys, or s itself
  float* energies = nullptr;     // [batch, source_length]
  float* alignment = nullptr;    // [batch, source_length], 0 from the length on
  float* context = nullptr;      // [batch, n_h]
};

/// Gradients of one step, of W s and U h_j + b whatever stands for them; what goes to annotations
/// waits for all steps. The first three are added to.
struct AttentionGradients {
  float* projected = nullptr;  // [batch, source_length, n']
  float* weight = nullptr;     // [n']
  float* bias = nullptr;       // [1]
  float* query = nullptr;      // [batch, n'], written
};

/// e_j = activation(v · tanh(query + projected_j) + b_e), α = softmax(e), context = Σ_j α_j h_j.
void additive_attention_forward(const AttentionSource& source, const AttentionStep& step);

/// The gradients of one step from `d_context` [batch, n_h]; tanh is computed again. `scratch` holds
/// at least source_length values. ∂h of all steps together are sums of d_context weighed by
/// alignments.
void additive_attention_backward(const AttentionSource& source, const AttentionStep& step,
                                 const float* d_context, const AttentionGradients& gradients,
                                 std::span<float> scratch);

/// e_j = activation(query · key_j + b_e), α = softmax(e), context = Σ_j α_j h_j.
void dot_attention_forward(const AttentionSource& source, const AttentionStep& step);

/// Gradients of one step; what goes to annotations and keys waits for all steps.
struct DotAttentionGradients {
  float* energies = nullptr;  // [batch, source_length], written, 0 from the length on
  float* query = nullptr;     // [batch, n], written
  float* bias = nullptr;      // [1], added to
};

/// The gradients of one step from `d_context` [batch, n_h]. Of all steps together ∂h are sums of
/// d_context weighed by alignments, ∂key sums of queries weighed by ∂e.
void dot_attention_backward(const AttentionSource& source, const AttentionStep& step,
                            const float* d_context, const DotAttentionGradients& gradients);

/// Sums of the rows of all steps that belong to the same sentence.
struct WeightedRows {
  std::size_t steps = 0;
  std::size_t units = 0;
  const float* weights = nullptr;  // [steps, batch, source_length]
  const float* rows = nullptr;     // [steps, batch, units]
};

/// to_j += Σ_i weight_ij row_i for the positions j of every sentence: `to` [batch, source_length,
/// units].
void add_weighted_rows(const AttentionSizes& sizes, std::span<const std::int32_t> lengths,
                       const WeightedRows& rows, float* to);

}  // namespace attend::kernels
