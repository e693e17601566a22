// Attention for training (§1.5), additive or by a dot product: one query a sentence over the
// annotations of its source, forward and backward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/attention.h"

namespace attend::kernels {

/// The form in which q = W s and p_j = U h_j + b of additive attention are given.
enum class KeyForm {
  kPlain,  ///< q and p_j
  /// exp(2 q) and exp(2 p_j), made by exponential_query() and exponential_keys(); faster.
  kExponential,
};

struct AttentionSizes {
  std::size_t batch = 0;
  std::size_t source_length = 0;     ///< length of the longest source
  std::size_t attention_units = 0;   ///< n' (additive) or n (dot product)
  std::size_t annotation_units = 0;  ///< n_h
};

/// The annotations and keys of a batch, which all steps share. Positions from `lengths` on are
/// never read.
struct AttentionSource {
  AttentionSizes sizes;
  std::span<const std::int32_t>
      lengths;  // [batch], 0 … source_length; a context over no position is 0
  const float* annotations = nullptr;  // [batch, source_length, n_h]
  // Additive: U h_j + b [batch, source_length, n'] in the given form. Dot product: the keys W h_j
  // or h_j [batch, source_length, n].
  const float* projected = nullptr;
  const float* weight = nullptr;  // [n']: v, additive
  float bias = 0.0F;              // b_e
  EnergyActivation activation = EnergyActivation::kLinear;
  KeyForm form = KeyForm::kPlain;  ///< form of `projected` and of the queries; additive only
  // bfloat16 arrays. One that is not null is read instead of its float32 array above;
  // rounded_projected is not allowed in the plain form. All sums stay float32.
  const Bfloat16* rounded_annotations = nullptr;
  const Bfloat16* rounded_projected = nullptr;
};

/// One step's arrays. `energies` may be null when the backward pass does not need them (linear
/// energies).
struct AttentionStep {
  const float* query = nullptr;  // [batch, n']: W s in the form of the keys; dot: s [batch, n]
  float* energies = nullptr;     // [batch, source_length]
  float* alignment = nullptr;    // [batch, source_length], 0 after each source
  float* context = nullptr;      // [batch, n_h]
};

/// The gradients of the results of one step, from which its backward pass starts.
struct AttentionResultGradients {
  const float* context = nullptr;  // [batch, n_h]
  // [batch, source_length], or null where nothing but the context reads the alignment. Values after
  // the end of a source are never read.
  const float* alignment = nullptr;
};

/// Gradients of one step with respect to W s and U h_j + b themselves, also where AttentionSource
/// holds their exponentials. `projected`, `weight` and `bias` are added to; `query` is written. The
/// gradient of the annotations is a sum over all steps, see add_weighted_rows().
struct AttentionGradients {
  float* projected = nullptr;  // [batch, source_length, n']
  float* weight = nullptr;     // [n']
  float* bias = nullptr;       // [1]
  float* query = nullptr;      // [batch, n']
};

/// e_j = activation(v · tanh(query + projected_j) + b_e), α = softmax(e), context = Σ_j α_j h_j.
void additive_attention_forward(const AttentionSource& source, const AttentionStep& step);

/// Computes the gradients of e_j = weight · tanh(query + p_j), j = 1 … d_energies.size(), of one
/// query: adds to gradients.projected [length, n'] and gradients.weight [n'], and writes
/// gradients.query [n']. `query` and `keys` [length, n'] have the given form. tanh is recomputed.
void additive_energies_backward(KeyForm form, std::span<const float> query,
                                std::span<const float> keys, std::span<const float> weight,
                                std::span<const float> d_energies,
                                const AttentionGradients& gradients);
/// Like the function above, with keys in the exponential form.
void additive_energies_backward(std::span<const float> query, std::span<const Bfloat16> keys,
                                std::span<const float> weight, std::span<const float> d_energies,
                                const AttentionGradients& gradients);

/// Computes the gradients of one step from those of its results; tanh is recomputed. `scratch`
/// holds at least source_length values. The gradient of h_j over all steps i is Σ_i α_ij ∂c_i,
/// where ∂c_i is results.context of step i.
void additive_attention_backward(const AttentionSource& source, const AttentionStep& step,
                                 const AttentionResultGradients& results,
                                 const AttentionGradients& gradients, std::span<float> scratch);

/// e_j = activation(query · key_j + b_e), α = softmax(e), context = Σ_j α_j h_j.
void dot_attention_forward(const AttentionSource& source, const AttentionStep& step);

/// Gradients of one step. Those of the annotations and keys are sums over all steps, see
/// add_weighted_rows().
struct DotAttentionGradients {
  float* energies = nullptr;  // [batch, source_length], written; 0 after each source
  float* query = nullptr;     // [batch, n], written
  float* bias = nullptr;      // [1], added to
};

/// Computes the gradients of one step from those of its results. Over all steps i the gradient of
/// h_j is Σ_i α_ij ∂c_i, where ∂c_i is results.context of step i; that of key_j is Σ_i ∂e_ij
/// query_i.
void dot_attention_backward(const AttentionSource& source, const AttentionStep& step,
                            const AttentionResultGradients& results,
                            const DotAttentionGradients& gradients);

/// The rows of all steps and their weights, for add_weighted_rows().
struct WeightedRows {
  std::size_t steps = 0;
  std::size_t units = 0;
  const float* weights = nullptr;  // [steps, batch, source_length]
  const float* rows = nullptr;     // [steps, batch, units]
};

/// to_j += Σ_i weight_ij row_i over the steps i, for every sentence and each position j below its
/// length: `to` [batch, source_length, units].
void add_weighted_rows(const AttentionSizes& sizes, std::span<const std::int32_t> lengths,
                       const WeightedRows& rows, float* to);

}  // namespace attend::kernels
